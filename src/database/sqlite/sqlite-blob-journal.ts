import { and, eq, lt, or } from 'drizzle-orm';
import type { BlobJournal } from '../../storage/blob-journal.js';
import type { SqliteSession } from './sqlite-session.js';
import { blobs, images, templates } from './tables.js';

export class SqliteBlobJournal implements BlobJournal {
  constructor(private readonly session: SqliteSession) {}

  async announce(key: string): Promise<void> {
    await this.session.write((database) =>
      database.insert(blobs).values({ key, state: 'pending', announcedAt: new Date() }),
    );
  }

  async forget(key: string, announcedBefore?: Date): Promise<boolean> {
    const forgotten = await this.session.write((database) =>
      database
        .delete(blobs)
        .where(
          and(
            eq(blobs.key, key),
            eq(blobs.state, 'deleting'),
            announcedBefore && lt(blobs.announcedAt, announcedBefore),
          ),
        )
        .returning({ key: blobs.key }),
    );
    return forgotten.length === 1;
  }

  async abandon(key: string): Promise<boolean> {
    const changed = await this.session.write((database) =>
      database
        .update(blobs)
        .set({ state: 'deleting' })
        .where(and(eq(blobs.key, key), eq(blobs.state, 'pending')))
        .returning({ key: blobs.key }),
    );
    return changed.length === 1;
  }

  async unfinished(pendingBefore: Date): Promise<{ key: string; state: 'pending' | 'deleting' }[]> {
    const rows = await this.session.read((database) =>
      database
        .select({ key: blobs.key, state: blobs.state })
        .from(blobs)
        .where(
          or(
            eq(blobs.state, 'deleting'),
            and(eq(blobs.state, 'pending'), lt(blobs.announcedAt, pendingBefore)),
          ),
        )
        .orderBy(blobs.key),
    );
    return rows.flatMap(({ key, state }) => (state === 'live' ? [] : [{ key, state }]));
  }

  async expired(announcedBefore: Date, first: number): Promise<string[]> {
    const rows = await this.session.read((database) =>
      database
        .select({ key: images.key })
        .from(images)
        .innerJoin(blobs, eq(blobs.key, images.key))
        .where(and(eq(blobs.state, 'live'), lt(blobs.announcedAt, announcedBefore)))
        .limit(first),
    );
    return rows.map(({ key }) => key);
  }

  async expire(key: string): Promise<boolean> {
    return this.session.write(async (database) => {
      await database.update(templates).set({ imageKey: null }).where(eq(templates.imageKey, key));
      const removed = await database.delete(images).where(eq(images.key, key)).returning({ key: images.key });
      if (removed.length === 0) return false;
      await database.update(blobs).set({ state: 'deleting' }).where(eq(blobs.key, key));
      return true;
    });
  }
}

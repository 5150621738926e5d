import { and, eq, lt, or } from 'drizzle-orm';
import type { BlobJournal } from '../../storage/blob-journal.js';
import { isFailure } from './mysql-error.js';
import type { MysqlSession } from './mysql-session.js';
import { blobs, images, templates, users } from './tables.js';

export class MysqlBlobJournal implements BlobJournal {
  constructor(private readonly session: MysqlSession) {}

  async announce(key: string): Promise<void> {
    await this.session.write(async (database, { uncertain }) => {
      try {
        await database.insert(blobs).values({ key, state: 'pending', announcedAt: new Date() });
      } catch (error) {
        // Keys are random: one that is there after an unanswered commit is this one.
        if (!(uncertain && isFailure(error, 'duplicate'))) throw error;
      }
    });
  }

  async forget(key: string, announcedBefore?: Date): Promise<boolean> {
    const [{ affectedRows }] = await this.session.write((database) =>
      database
        .delete(blobs)
        .where(
          and(
            eq(blobs.key, key),
            eq(blobs.state, 'deleting'),
            announcedBefore && lt(blobs.announcedAt, announcedBefore),
          ),
        ),
    );
    return affectedRows === 1;
  }

  async abandon(key: string): Promise<boolean> {
    const [{ affectedRows }] = await this.session.write((database) =>
      database
        .update(blobs)
        .set({ state: 'deleting' })
        .where(and(eq(blobs.key, key), eq(blobs.state, 'pending'))),
    );
    return affectedRows === 1;
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
    return this.session.write(async (database, { uncertain }) => {
      // Locked first, as a deletion does.
      const [image] = await database
        .select({ userId: images.userId })
        .from(images)
        .where(eq(images.key, key));
      if (!image) return uncertain;
      await database.select({ id: users.id }).from(users).where(eq(users.id, image.userId)).for('update');
      await database.update(templates).set({ imageKey: null }).where(eq(templates.imageKey, key));
      const [{ affectedRows }] = await database.delete(images).where(eq(images.key, key));
      if (affectedRows === 0) return uncertain;
      await database.update(blobs).set({ state: 'deleting' }).where(eq(blobs.key, key));
      return true;
    });
  }
}

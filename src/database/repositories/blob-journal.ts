import { and, eq, gt, lt, or, sql } from 'drizzle-orm';
import type { BlobJournal, BlobPage, UnfinishedBlob } from '../../storage/blob-journal.js';
import type { Dialect } from '../dialect.js';
import type { Session } from '../session.js';

export class SqlBlobJournal implements BlobJournal {
  constructor(
    private readonly session: Pick<Session, 'read' | 'write'>,
    private readonly dialect: Dialect,
  ) {}

  async announce(key: string): Promise<void> {
    const { blobs } = this.dialect.tables;
    const row = { key, state: 'pending', announcedAt: this.dialect.now } as const;
    await this.session.write(async (database, { uncertain }) => {
      const inserted = await this.dialect.insertUnlessTaken(database.insert(blobs).values(row));
      // Keys are random: one that is there after an unanswered commit is this one.
      if (!inserted && !uncertain) throw new Error(`The key ${key} of a new blob is taken.`);
    });
  }

  async forget(key: string, leastAgeSeconds = 0): Promise<boolean> {
    const { blobs } = this.dialect.tables;
    const oldEnough = sql`${blobs.announcedAt} <= ${this.dialect.now} - ${leastAgeSeconds}`;
    const forgotten = await this.session.write((database) =>
      this.dialect.changedRows(
        database
          .delete(blobs)
          .where(
            and(eq(blobs.key, key), eq(blobs.state, 'deleting'), leastAgeSeconds > 0 ? oldEnough : undefined),
          ),
      ),
    );
    return forgotten === 1;
  }

  async abandon(key: string): Promise<boolean> {
    const { blobs } = this.dialect.tables;
    const abandoned = await this.session.write((database) =>
      this.dialect.changedRows(
        database
          .update(blobs)
          .set({ state: 'deleting' })
          .where(and(eq(blobs.key, key), eq(blobs.state, 'pending'))),
      ),
    );
    return abandoned === 1;
  }

  async unfinished(pendingBefore: Date, { first, after }: BlobPage): Promise<UnfinishedBlob[]> {
    const { blobs } = this.dialect.tables;
    const rows = await this.session.read((database) =>
      database
        .select({ key: blobs.key, state: blobs.state })
        .from(blobs)
        .where(
          and(
            gt(blobs.key, after),
            or(
              eq(blobs.state, 'deleting'),
              and(eq(blobs.state, 'pending'), lt(blobs.announcedAt, pendingBefore)),
            ),
          ),
        )
        .orderBy(blobs.key)
        .limit(first),
    );
    return rows.flatMap(({ key, state }) => (state === 'live' ? [] : [{ key, state }]));
  }

  async expired(announcedBefore: Date, first: number): Promise<string[]> {
    const { blobs, images } = this.dialect.tables;
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

  expire(key: string): Promise<boolean> {
    const { blobs, images, templates, users } = this.dialect.tables;
    return this.session.write(async (database, { uncertain }) => {
      const [image] = await database
        .select({ userId: images.userId })
        .from(images)
        .where(eq(images.key, key));
      if (!image) return uncertain;
      // Locked first, as a deletion does.
      await this.dialect.locked(
        database.select({ id: users.id }).from(users).where(eq(users.id, image.userId)),
      );
      await database.update(templates).set({ imageKey: null }).where(eq(templates.imageKey, key));
      const removed = await this.dialect.changedRows(database.delete(images).where(eq(images.key, key)));
      if (removed === 0) return uncertain;
      await database.update(blobs).set({ state: 'deleting' }).where(eq(blobs.key, key));
      return true;
    });
  }
}

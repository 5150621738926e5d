import { and, eq, lt, or } from 'drizzle-orm';
import type { BlobJournal } from '../../users/user-repository.js';
import { isFailure } from './mysql-error.js';
import type { MysqlSession } from './mysql-session.js';
import { blobs } from './tables.js';

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
}

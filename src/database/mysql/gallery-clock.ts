import { eq, sql } from 'drizzle-orm';
import type { Queries } from './mysql-connection.js';
import { galleryChange, galleryClock } from './tables.js';

interface RecordedChange {
  readonly op: 'add' | 'remove';
  readonly templateId: string;
}

/**
 * Gives the changes of a transaction the next revision. Last in its transaction: the clock's row is then locked
 * until the commit, so that revisions become visible in their order.
 */
export async function recordChanges(database: Queries, changes: readonly RecordedChange[]): Promise<void> {
  if (changes.length === 0) return;
  // LAST_INSERT_ID(x) hands x back with the answer: no second statement while the row is locked.
  const [{ affectedRows, insertId: rev }] = await database
    .update(galleryClock)
    .set({ rev: sql`last_insert_id(${galleryClock.rev} + 1)` })
    .where(eq(galleryClock.id, 1));
  if (affectedRows !== 1) throw new Error('The gallery clock has lost its row.');
  const changedAt = new Date();
  await database
    .insert(galleryChange)
    .values(changes.map((change, seq) => ({ ...change, rev, seq, changedAt })));
}

export async function readClock(database: Queries): Promise<number> {
  const [clock] = await database.select({ rev: galleryClock.rev }).from(galleryClock);
  if (!clock) throw new Error('The gallery clock has lost its row.');
  return clock.rev;
}

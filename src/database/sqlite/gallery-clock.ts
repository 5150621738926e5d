import { sql } from 'drizzle-orm';
import type { Queries } from './sqlite-connection.js';
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
  const [clock] = await database
    .insert(galleryClock)
    .values({ id: 1, rev: 1 })
    .onConflictDoUpdate({ target: galleryClock.id, set: { rev: sql`${galleryClock.rev} + 1` } })
    .returning({ rev: galleryClock.rev });
  if (!clock) throw new Error('The gallery clock did not advance.');
  const changedAt = new Date();
  await database
    .insert(galleryChange)
    .values(changes.map((change, seq) => ({ ...change, rev: clock.rev, seq, changedAt })));
}

export async function readClock(database: Queries): Promise<number> {
  const [clock] = await database.select({ rev: galleryClock.rev }).from(galleryClock);
  return clock?.rev ?? 0;
}

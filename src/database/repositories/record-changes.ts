import type { Dialect, Queries } from '../dialect.js';

interface RecordedChange {
  readonly op: 'add' | 'remove';
  readonly templateId: string;
}

/**
 * Gives the changes of a transaction the next revision. Last in its transaction: the gallery's revision is then
 * reserved until the commit, so that revisions become visible in their order.
 */
export async function recordChanges(
  dialect: Dialect,
  database: Queries,
  changes: readonly RecordedChange[],
): Promise<void> {
  if (changes.length === 0) return;
  const rev = await dialect.nextRevision(database);
  await database
    .insert(dialect.tables.galleryChange)
    .values(changes.map((change, seq) => ({ ...change, rev, seq, changedAt: dialect.now })));
}

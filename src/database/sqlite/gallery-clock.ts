import { sql } from 'drizzle-orm';
import type { SqliteQueries } from './sqlite-connection.js';
import { galleryClock } from './tables.js';

export async function nextRevision(database: SqliteQueries): Promise<number> {
  const [clock] = await database
    .insert(galleryClock)
    .values({ id: 1, rev: 1 })
    .onConflictDoUpdate({ target: galleryClock.id, set: { rev: sql`${galleryClock.rev} + 1` } })
    .returning({ rev: galleryClock.rev });
  if (!clock) throw new Error('The gallery clock did not advance.');
  return clock.rev;
}

export async function readRevision(database: SqliteQueries): Promise<number> {
  const [clock] = await database.select({ rev: galleryClock.rev }).from(galleryClock);
  return clock?.rev ?? 0;
}

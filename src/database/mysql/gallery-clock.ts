import { eq, sql } from 'drizzle-orm';
import type { Queries } from '../dialect.js';
import { galleryClock } from './tables.js';

export async function nextRevision(database: Queries): Promise<number> {
  // LAST_INSERT_ID(x) hands x back with the answer: no second statement while the row is locked.
  const [{ affectedRows, insertId }] = await database
    .update(galleryClock)
    .set({ rev: sql`last_insert_id(${galleryClock.rev} + 1)` })
    .where(eq(galleryClock.id, 1));
  if (affectedRows !== 1) throw new Error('The gallery clock has lost its row.');
  return insertId;
}

export async function readRevision(database: Queries): Promise<number> {
  const [clock] = await database.select({ rev: galleryClock.rev }).from(galleryClock);
  if (!clock) throw new Error('The gallery clock has lost its row.');
  return clock.rev;
}

import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { expect, it } from 'vitest';
import { openSqlite } from '../support/databases/open-sqlite.js';
import { testOrigin } from '../support/api/test-origin.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const DAY_SECONDS = 86_400;

/** What is left of entries of the given ages in days, of which those older than 10 days are due. */
async function keptOf(ages: readonly number[], slice: number): Promise<number[]> {
  const folder = temporaryFolder();
  const event = { ...testOrigin, operation: 'verify', outcome: 'accepted', userId: null } as const;
  const written = await openSqlite(folder);
  await written.auditLog.append(ages.map(() => event));
  await written.close();

  const file = new DatabaseSync(join(folder, 'facial-verification.sqlite'));
  const now = Math.floor(Date.now() / 1000);
  const change = file.prepare('update audit_log set at = ? where seq = ?');
  for (const [place, days] of ages.entries()) change.run(now - days * DAY_SECONDS, place + 1);
  file.close();

  const database = await openSqlite(folder);
  const before = new Date((now - 10 * DAY_SECONDS) * 1000);
  for (let round = 0; (await database.auditLog.forget(before, slice)) > 0; round++)
    expect(round).toBeLessThan(20);
  const kept = await database.auditLog.page({ first: 100 });
  await database.close();
  return kept.map(({ seq }) => seq);
}

it.each([
  ['are forgotten up to the first that is not due', [30, 20, 5, 20, 1], 100, [3, 4, 5]],
  ['written by a clock in the future do not hold back those after them', [30, -400, 20, 5], 100, [4]],
  ['of the future are passed over although they fill a slice', [-400, -400, -400, 20, 5], 2, [5]],
  ['of the future stay while nothing after them is due', [30, -400, -400, 5], 100, [2, 3, 4]],
  ['of the future stay when they are the last', [30, -400], 1, [2]],
])('entries %s', async (_, ages, slice, kept) => {
  expect(await keptOf(ages, slice)).toEqual(kept);
});

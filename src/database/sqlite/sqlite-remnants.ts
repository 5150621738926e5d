import { and, eq, gt, lt, sql } from 'drizzle-orm';
import { readRevision } from './gallery-clock.js';
import type { SqliteSession } from './sqlite-session.js';
import { galleryChange } from './tables.js';

/** A larger file takes more than a fifth of a second to rewrite, for which verifications would wait. */
export const MOST_REWRITTEN_BYTES = 16 * 1024 * 1024;

/**
 * Rewrites the database file when deletions older than the given time may have left remnants. `secure_delete`
 * overwrites a deleted row, but not the copies that stay in unused parts of pages after SQLite has moved rows between
 * them (measured: some 10 ids and 3 fragments of sealed templates among 12 000 deletions). The file's `user_version`
 * holds the gallery revision of the last rewrite.
 * @param mostBytes leaves a larger file as it is.
 * @returns whether the file was rewritten.
 */
export async function removeRemnants(
  session: SqliteSession,
  deletedBefore: Date,
  mostBytes: number = MOST_REWRITTEN_BYTES,
): Promise<boolean> {
  const [rewrittenAt, bytes] = await session.read(async (database) => {
    const [version] = await database.values<[version: number]>(sql`pragma user_version`);
    const [size] = await database.values<[bytes: number]>(
      sql`select page_count * page_size from pragma_page_count, pragma_page_size`,
    );
    return [version?.[0] ?? 0, size?.[0] ?? 0];
  });
  if (bytes > mostBytes) return false;
  const [due] = await session.read((database) =>
    database
      .select({ rev: galleryChange.rev })
      .from(galleryChange)
      .where(
        and(
          eq(galleryChange.op, 'remove'),
          gt(galleryChange.rev, rewrittenAt),
          lt(galleryChange.changedAt, deletedBefore),
        ),
      )
      .limit(1),
  );
  if (!due) return false;
  const revision = await session.read(readRevision);
  await session.rewrite();
  await session.write((database) => database.run(sql.raw(`pragma user_version = ${revision}`)));
  return true;
}

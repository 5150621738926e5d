import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { migrate } from 'drizzle-orm/sqlite-proxy/migrator';
import { join } from 'node:path';
import { projectRoot } from '../../project-root.js';
import type { SqliteQueries, SqliteConnection } from './sqlite-connection.js';

const migrationsFolder = join(projectRoot, 'drizzle', 'sqlite');

/**
 * Brings the tables up to date, all steps in one transaction. Foreign keys must be off: a step that rebuilds a
 * table drops the old one.
 * @throws Error when a newer program has written the database, or when rows refer to missing ones and that is not
 *   accepted.
 */
export async function migrateSqlite(
  connection: SqliteConnection,
  { acceptStrays }: { readonly acceptStrays: boolean },
): Promise<void> {
  const { queries } = connection;
  await connection.execute('BEGIN IMMEDIATE');
  try {
    await migrate(
      queries,
      async (statements) => {
        await refuseNewer(connection);
        for (const statement of statements) await connection.execute(statement);
      },
      { migrationsFolder },
    );
    const broken = acceptStrays ? [] : await queries.values(sql`pragma foreign_key_check`);
    if (broken.length > 0)
      throw new Error(
        `The database has ${broken.length} rows that refer to missing ones. Look at them with "npm run doctor".`,
      );
    await connection.execute('COMMIT');
  } catch (error) {
    await connection.rollback();
    throw error;
  }
}

/**
 * For a second process beside a running service, which must not migrate.
 * @throws Error when the tables are not exactly those of this program.
 */
export async function assertMigrated(queries: SqliteQueries): Promise<void> {
  const applied = (await appliedHashes(queries)).sort();
  if (applied.join() === knownHashes().sort().join()) return;
  throw new Error('The running service is another version of this program. Use the command of that version.');
}

function knownHashes(): string[] {
  return readMigrationFiles({ migrationsFolder }).map(({ hash }) => hash);
}

async function appliedHashes(queries: SqliteQueries): Promise<string[]> {
  const rows = await queries.values<[hash: string]>(sql`select hash from __drizzle_migrations`);
  return rows.map(([hash]) => hash);
}

async function refuseNewer({ queries }: SqliteConnection): Promise<void> {
  const known = new Set(knownHashes());
  if ((await appliedHashes(queries)).every((hash) => known.has(hash))) return;
  throw new Error(
    'The database was written by a newer version of this program. Start that version, or restore a backup made by this one.',
  );
}

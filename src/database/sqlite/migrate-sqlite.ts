import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { migrate } from 'drizzle-orm/sqlite-proxy/migrator';
import { join } from 'node:path';
import { projectRoot } from '../../project-root.js';
import type { SqliteConnection } from './sqlite-connection.js';

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

async function refuseNewer({ queries }: SqliteConnection): Promise<void> {
  const known = new Set(readMigrationFiles({ migrationsFolder }).map(({ hash }) => hash));
  const applied = await queries.values<[hash: string]>(sql`select hash from __drizzle_migrations`);
  if (applied.every(([hash]) => known.has(hash))) return;
  throw new Error(
    'The database was written by a newer version of this program. Start that version, or restore a backup made by this one.',
  );
}

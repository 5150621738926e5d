import { createHash } from 'node:crypto';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { PlainConnection } from '../mysql-connection.js';
import { MysqlError } from '../mysql-error.js';

const NO_SUCH_TABLE = 1146;

export const JOURNAL_TABLE = `CREATE TABLE IF NOT EXISTS face_migration_steps (
  position int NOT NULL PRIMARY KEY, statement_hash char(64) NOT NULL, finished tinyint NOT NULL
) ENGINE=InnoDB`;

/** In a migration: a version before it must not run on the database any more. All other migrations only add. */
export const CLOSES_OLDER_VERSIONS = '/* closes older versions */';

/** States of a step in the journal. */
export const stepStates = { begun: 0, finished: 1, closed: 2 } as const;

/** One statement of the migrations, in order. */
export interface MigrationStep {
  readonly position: number;
  readonly statement: string;
  readonly hash: string;
  /** What the journal says of the step when it is done. */
  readonly done: 1 | 2;
}

/** How far a database has come. */
export interface Progress {
  /** Position of the first step that is not known to be finished. */
  readonly next: number;
  /** Whether that one was begun: a process may have been killed before or after the server had done it. */
  readonly begun: boolean;
}

export function readSteps(migrationsFolder: string): MigrationStep[] {
  return readMigrationFiles({ migrationsFolder })
    .flatMap(({ sql }) => sql)
    .map((statement, position) => ({
      position,
      statement: statement.trim(),
      hash: createHash('sha256').update(statement.trim()).digest('hex'),
      done: statement.includes(CLOSES_OLDER_VERSIONS) ? stepStates.closed : stepStates.finished,
    }));
}

/**
 * Steps that a newer version has added are left alone: they only add, so that both versions work on the database while
 * nodes are replaced one by one.
 * @returns null when the database has no journal yet.
 * @throws Error when the database has other steps than this program, or a newer one that closes it to older versions.
 */
export async function readProgress(
  connection: PlainConnection,
  steps: readonly MigrationStep[],
): Promise<Progress | null> {
  const rows = await readRows(connection);
  if (rows === null) return null;
  const known = rows.slice(0, steps.length);
  const added = rows.slice(steps.length);
  const differs = known.some(([position, hash], place) => position !== place || steps[place]?.hash !== hash);
  if (differs || added.some(([, , state]) => state === stepStates.closed))
    throw new Error(
      'The database was written by a newer version of this program. Start that version, or restore a backup made by this one.',
    );
  const unfinished = known.findIndex(([, , state]) => state === stepStates.begun);
  return unfinished === -1 ? { next: known.length, begun: false } : { next: unfinished, begun: true };
}

async function readRows(connection: PlainConnection): Promise<unknown[][] | null> {
  try {
    return await connection.rows(
      'SELECT position, statement_hash, finished FROM face_migration_steps ORDER BY position',
    );
  } catch (error) {
    if (error instanceof MysqlError && error.errno === NO_SUCH_TABLE) return null;
    throw error;
  }
}

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectRoot } from '../../../project-root.js';
import { assertAdoptable } from './adopt-users.js';
import { JOURNAL_TABLE, readProgress, readSteps, type MigrationStep } from './migration-journal.js';
import { LEASE_TABLE, MigrationLease } from './migration-lease.js';
import type { PlainConnection } from '../mysql-connection.js';
import { isFailure, MysqlError } from '../mysql-error.js';
import { assertExactIds, assertSuitableServer } from './suitable-server.js';

const steps = readSteps(join(projectRoot, 'drizzle', 'mysql'));

/**
 * What the server says of a step that it had done before: table, column, index or constraint exists, or is gone.
 * 1005 is how MariaDB reports a foreign key of the same name.
 */
const alreadyDone = new Set([1050, 1051, 1060, 1061, 1091, 1826, 3822, 1005]);

/**
 * While a statement waits to change a table, every other on that table waits behind it. And a change can wait for a
 * transaction that waits for the change, which the server does not notice. So it gives up soon and tries again.
 */
const SHORT_WAITS = 'SET SESSION lock_wait_timeout = 1, innodb_lock_wait_timeout = 1';
const LONGEST_PAUSE_MS = 1000;
const PATIENCE_MS = 300_000;

export interface MigrateMysqlOptions {
  /** Opens a connection without a limit on how long a statement may take. */
  readonly connect: () => Promise<PlainConnection>;
}

/**
 * Brings the tables up to date, statement by statement, because these servers commit each one by itself. Each is
 * announced in a journal before and marked after: one that was interrupted is done again, and a server that has it
 * already says so. Of many nodes that start together one migrates and the others wait.
 * @throws Error when a newer program has written the database, or the server refuses a statement.
 */
export async function migrateMysql({ connect }: MigrateMysqlOptions): Promise<void> {
  await withConnection(connect, async (connection) => {
    await assertSuitableServer(connection);
    const progress = await readProgress(connection, steps);
    if (progress === null) {
      await connection.execute(LEASE_TABLE);
      await connection.execute(JOURNAL_TABLE);
    }
    if (progress?.next !== steps.length) await withLease(connect, (lease) => runPending(connection, lease));
    await assertExactIds(connection);
  });
}

async function withLease(
  connect: MigrateMysqlOptions['connect'],
  work: (lease: MigrationLease) => Promise<void>,
): Promise<void> {
  await withConnection(connect, async (connection) => {
    const lease = await MigrationLease.acquire(connection);
    try {
      await work(lease);
    } finally {
      await lease.release();
    }
  });
}

async function runPending(connection: PlainConnection, lease: MigrationLease): Promise<void> {
  const progress = await readProgress(connection, steps);
  if (progress === null) throw new Error('The table face_migration_steps has gone.');
  if (progress.next === 0) await assertAdoptable(connection);
  await connection.execute(SHORT_WAITS);
  for (const step of steps.slice(progress.next))
    await runStep(connection, lease, step, progress.begun && step.position === progress.next);
}

async function runStep(
  connection: PlainConnection,
  lease: MigrationLease,
  step: MigrationStep,
  begun: boolean,
): Promise<void> {
  lease.assertHeld();
  const { position, statement, hash, done } = step;
  if (!begun)
    await connection.execute(
      'INSERT INTO face_migration_steps (position, statement_hash, finished) VALUES (?, ?, 0)',
      [position, hash],
    );
  try {
    await executePatiently(connection, lease, statement);
  } catch (cause) {
    if (!(cause instanceof MysqlError) || cause.errno === undefined || cause.failure === 'lost') throw cause;
    if (!begun || !alreadyDone.has(cause.errno)) {
      if (!begun) await connection.execute('DELETE FROM face_migration_steps WHERE position = ?', [position]);
      throw new Error(
        `Step ${position + 1} of ${steps.length} of the database migration was refused: ${cause.message}\n${statement}`,
        { cause },
      );
    }
  }
  await connection.execute('UPDATE face_migration_steps SET finished = ? WHERE position = ?', [
    done,
    position,
  ]);
}

async function executePatiently(
  connection: PlainConnection,
  lease: MigrationLease,
  statement: string,
): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;)
    try {
      await connection.execute(statement);
      return;
    } catch (error) {
      if (!isFailure(error, 'conflict') || Date.now() > deadline) throw error;
      await sleep(Math.random() * LONGEST_PAUSE_MS);
      lease.assertHeld();
    }
}

async function withConnection<T>(
  connect: () => Promise<PlainConnection>,
  work: (connection: PlainConnection) => Promise<T>,
): Promise<T> {
  const connection = await connect();
  try {
    return await work(connection);
  } finally {
    connection.destroy();
  }
}

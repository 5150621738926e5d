import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Vault } from '../../protection/vault.js';
import type { Database } from '../database.js';
import { createRepositories } from '../repositories/create-repositories.js';
import { migrateMysql } from './migrations/migrate-mysql.js';
import type { ConnectionOptions } from './mysql-connection.js';
import { MysqlCounters } from './mysql-counters.js';
import { mysqlDialect } from './mysql-dialect.js';
import { MysqlError } from './mysql-error.js';
import { MysqlLease } from './mysql-lease.js';
import { MysqlHosts } from './mysql-hosts.js';
import type { MysqlSettings } from './mysql-options.js';
import { MysqlSession } from './mysql-session.js';
import { readTlsOptions } from './tls-options.js';

const RETRY_MS = 500;
const UNKNOWN_DATABASE = 1049;

type StartLogger = Pick<Logger, 'warn' | 'info'>;

export interface OpenMysqlOptions extends MysqlSettings {
  /** Opens and seals templates. */
  readonly vault: Vault;
  /**
   * How long to wait for a server that does not answer yet.
   * @default 60 seconds
   */
  readonly startTimeoutMs?: number;
}

/**
 * Opens the database, creating and migrating it as needed.
 * @throws Error when no server answers in time or the login is refused, when the server is too old, when a newer
 *   program has written the database, or when it holds a table `users` that is not the documented one.
 */
export async function openMysqlDatabase(
  { vault, ...options }: OpenMysqlOptions,
  logger: StartLogger,
): Promise<Database> {
  const session = await openMysqlSession(options, logger);
  return {
    ...createRepositories(session, mysqlDialect, vault),
    lease: new MysqlLease(session),
    counters: new MysqlCounters(session),
    ping: () => session.ping(),
    close: () => session.close(),
  };
}

/** Opens the database without repositories. @throws Error as {@link openMysqlDatabase} does. */
export async function openMysqlSession(
  { startTimeoutMs = 60_000, tls, ...settings }: Omit<OpenMysqlOptions, 'vault'>,
  logger: StartLogger,
): Promise<MysqlSession> {
  const options = { ...settings, ssl: tls && (await readTlsOptions(tls, settings.hosts)) };
  await prepare(options, logger, Date.now() + startTimeoutMs);
  return new MysqlSession(options, logger);
}

/** Waits for the server and brings its tables up to date. */
async function prepare(options: ConnectionOptions, logger: StartLogger, deadline: number): Promise<void> {
  // A change of a large table takes as long as it takes.
  const unhurried = { ...options, timeoutMs: 0 };
  const hosts = new MysqlHosts(unhurried, logger);
  const connect = async () => (await hosts.connect()).connection;
  for (;;)
    try {
      await migrateMysql({ connect });
      return;
    } catch (error) {
      if (!(error instanceof MysqlError)) throw error;
      if (error.errno === UNKNOWN_DATABASE) await createDatabase(unhurried, logger);
      else if (error.failure === 'refused' || Date.now() > deadline) throw explained(error);
      await sleep(RETRY_MS);
    }
}

/** The statement of the documented set-up, for a user who may do so. */
async function createDatabase(options: ConnectionOptions, logger: StartLogger): Promise<void> {
  const { connection } = await new MysqlHosts({ ...options, database: '' }, logger).connect();
  try {
    const name = `\`${options.database.replaceAll('`', '``')}\``;
    await connection.execute(`CREATE DATABASE IF NOT EXISTS ${name}`);
  } finally {
    connection.destroy();
  }
}

function explained(cause: MysqlError): Error {
  const advice = adviceOn(cause);
  return new Error(`${cause.message}. ${advice}.`, { cause });
}

function adviceOn({ code, failure }: MysqlError): string {
  if (code === 'READ_ONLY')
    return 'Name the primary among the hosts of DATABASE_URL: the others take no writes';
  return failure === 'refused'
    ? 'Check user, password, database and privileges of DATABASE_URL'
    : 'Check that a server runs at the hosts of DATABASE_URL';
}

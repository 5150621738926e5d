import { drizzle } from 'drizzle-orm/mysql-proxy';
import type { SslOptions } from 'mysql2';
import { createConnection, type Connection, type ResultSetHeader } from 'mysql2/promise';
import type { Queries } from '../dialect.js';
import { fromDriver, isFailure, MysqlError } from './mysql-error.js';
import type { MysqlHost, MysqlSettings } from './mysql-options.js';

export interface ConnectionOptions extends Omit<MysqlSettings, 'tls'> {
  /** Undefined: not encrypted. */
  readonly ssl: SslOptions | undefined;
}

/**
 * What every connection relies on, whatever the server's defaults are. The SQL mode also fixes how the driver may
 * quote values: NO_BACKSLASH_ESCAPES would turn its quoting into an injection. Times are UTC.
 */
const prelude = [
  "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', innodb_lock_wait_timeout = 5",
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
];

/** What a migration needs of a connection. */
export type PlainConnection = Pick<MysqlConnection, 'execute' | 'rows' | 'usable' | 'destroy'>;

/** One connection to one server. Errors hold no values. */
export class MysqlConnection {
  /** Drizzle over this connection; statements run in the order they were started. */
  readonly queries: Queries;
  #usable = true;

  private constructor(
    private readonly connection: Connection,
    private readonly timeoutMs: number,
  ) {
    this.queries = drizzle(async (sql, params: unknown[], method) => {
      const result = await this.#query(sql, params);
      return { rows: method === 'execute' ? [result] : (result as unknown[]) };
    });
    this.connection.on('error', () => {
      this.#usable = false;
    });
    this.connection.on('end', () => {
      this.#usable = false;
    });
  }

  /** @throws MysqlError when the server cannot be reached, refuses the login or is not ready to work. */
  static async open(host: MysqlHost, options: ConnectionOptions): Promise<MysqlConnection> {
    const connection = new MysqlConnection(await connect(host, options), options.timeoutMs);
    try {
      for (const statement of prelude) await connection.execute(statement);
      await connection.#prepareForGalera();
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    }
  }

  /** False once the connection was lost or a statement on it timed out. */
  get usable(): boolean {
    return this.#usable;
  }

  async execute(sql: string, params: readonly unknown[] = []): Promise<ResultSetHeader> {
    return (await this.#query(sql, params)) as ResultSetHeader;
  }

  async rows(sql: string, params: readonly unknown[] = []): Promise<unknown[][]> {
    return (await this.#query(sql, params)) as unknown[][];
  }

  destroy(): void {
    this.#usable = false;
    this.connection.destroy();
  }

  async #prepareForGalera(): Promise<void> {
    const [galera] = await this.rows("SHOW VARIABLES LIKE 'wsrep_on'");
    if (galera?.[1] !== 'ON') return;
    // A node that has not caught up takes connections and these statements, but no others.
    const [ready] = await this.rows("SHOW STATUS LIKE 'wsrep_ready'");
    if (ready?.[1] !== 'ON') throw new MysqlError('WSREP_NOT_READY', undefined, 'lost');
    // Reads, updates and deletions then wait for what other nodes have acknowledged before.
    await this.execute('SET SESSION wsrep_sync_wait = 3');
  }

  async #query(sql: string, values: readonly unknown[]): Promise<unknown> {
    try {
      const [result] = await this.connection.query({
        sql,
        values: [...values],
        rowsAsArray: true,
        timeout: this.timeoutMs,
      });
      return result;
    } catch (error) {
      const reduced = fromDriver(error);
      if (isFailure(reduced, 'lost')) this.destroy();
      throw reduced;
    }
  }
}

async function connect({ host, port }: MysqlHost, options: ConnectionOptions): Promise<Connection> {
  const { user, password, database, ssl, connectTimeoutMs } = options;
  try {
    return await createConnection({
      host,
      port,
      user,
      password,
      database,
      charset: 'utf8mb4',
      timezone: 'Z',
      dateStrings: true,
      connectTimeout: connectTimeoutMs,
      enableKeepAlive: true,
      keepAliveInitialDelay: 10_000,
      ...(ssl && { ssl }),
    });
  } catch (error) {
    throw fromDriver(error);
  }
}

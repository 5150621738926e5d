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

/** How much longer than the server this side waits for a statement, so that what is given up does not run on there. */
const GRACE_MS = 500;

/**
 * What every connection relies on, whatever the server's defaults are. The SQL mode also fixes how the driver may
 * quote values: NO_BACKSLASH_ESCAPES would turn its quoting into an injection. Times are UTC. Each server reads its own
 * limit for statements in a comment that the other skips; MySQL's is for queries alone.
 */
function prelude(timeoutMs: number): string[] {
  return [
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', innodb_lock_wait_timeout = 5" +
      ` /*M!100101 , max_statement_time = ${timeoutMs / 1000} */ /*!50708 , max_execution_time = ${timeoutMs} */`,
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  ];
}

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
      for (const statement of prelude(options.timeoutMs)) await connection.execute(statement);
      await connection.assertWritable();
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

  /** @throws MysqlError `lost` when the server takes no writes: another host may have become the primary. */
  async assertWritable(): Promise<void> {
    const [row] = await this.rows('SELECT @@global.read_only');
    if (Number(row?.[0]) === 0) return;
    this.destroy();
    throw new MysqlError('READ_ONLY', undefined, 'lost');
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
        timeout: this.timeoutMs === 0 ? 0 : this.timeoutMs + GRACE_MS,
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

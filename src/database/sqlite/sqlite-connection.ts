import { drizzle, type SqliteRemoteDatabase } from 'drizzle-orm/sqlite-proxy';
import { ServiceError } from '../../errors.js';
import { WorkerClient } from '../../threads/worker-client.js';
import { SqliteError } from './sqlite-error.js';
import type { ConnectionOptions, Outcome, Query, QueryMethod } from './sqlite-protocol.js';

export type Queries = SqliteRemoteDatabase;

/** One database connection in a thread of its own, so that fsync never holds up the thread that calls. */
export class SqliteConnection {
  /** Drizzle over this connection; statements run in the order they were started. */
  readonly queries: Queries;
  readonly #thread: WorkerClient;

  private constructor(options: ConnectionOptions) {
    this.#thread = new WorkerClient({
      source: 'src/database/sqlite/sqlite-worker.ts',
      workerData: options,
    });
    this.queries = drizzle(async (sql, params: unknown[], method: QueryMethod) => {
      const query: Query = { sql, params, method };
      // Drizzle types `rows` as a list but wants the bare row, or undefined, for `get`.
      return { rows: (await this.#call('query', query)) as unknown[] };
    });
  }

  static async open(options: ConnectionOptions): Promise<SqliteConnection> {
    const connection = new SqliteConnection(options);
    try {
      await connection.#call('open');
    } catch (error) {
      await connection.#thread.close();
      throw error;
    }
    return connection;
  }

  /** Runs SQL without parameters or result. */
  async execute(sql: string): Promise<void> {
    await this.#call('execute', sql);
  }

  /** Rolls back the open transaction, if there still is one. */
  async rollback(): Promise<void> {
    await this.#call('rollback');
  }

  async close(): Promise<void> {
    try {
      await this.#call('close');
    } finally {
      await this.#thread.close();
    }
  }

  async #call(name: string, argument?: unknown): Promise<unknown> {
    const outcome = await this.#thread.call<Outcome>(name, argument).catch((cause: unknown) => {
      throw new ServiceError('UNAVAILABLE', { cause });
    });
    if ('message' in outcome) throw new SqliteError(outcome.message, outcome.resultCode);
    return outcome.rows;
  }
}

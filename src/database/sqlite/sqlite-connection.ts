import { drizzle, type SqliteRemoteDatabase } from 'drizzle-orm/sqlite-proxy';
import { ServiceError } from '../../errors.js';
import { WorkerClient } from '../../threads/worker-client.js';
import { SqliteError } from './sqlite-error.js';
import type { ConnectionOptions, Outcome, Query, QueryMethod } from './sqlite-protocol.js';

export type SqliteQueries = SqliteRemoteDatabase;

export interface SqliteConnectionOptions extends ConnectionOptions {
  /** Called when the thread has ended without having been asked to. */
  readonly onThreadLost?: (reason: Error) => void;
}

/**
 * One database connection in a thread of its own, so that fsync never holds up the thread that calls. When the thread
 * is lost, everything is refused until {@link revive}, so that no rest of a transaction runs outside of it.
 */
export class SqliteConnection {
  /**
   * Drizzle over this connection; statements run in the order they were started. A batch goes to the thread and back
   * once and stops at the first statement that fails; what came before it is undone only by a transaction.
   */
  readonly queries: SqliteQueries;
  readonly #kept: string[] = [];
  #thread: WorkerClient;
  #lost = false;
  #reviving: Promise<void> | undefined;

  private constructor(private readonly options: SqliteConnectionOptions) {
    this.#thread = this.#startThread();
    this.queries = drizzle(
      async (sql, params: unknown[], method: QueryMethod) => {
        const query: Query = { sql, params, method };
        // Drizzle types `rows` as a list but wants the bare row, or undefined, for `get`.
        return { rows: (await this.#call('query', query)) as unknown[] };
      },
      async (batch: Query[]) => {
        const results = (await this.#call('batch', batch)) as unknown[][];
        return results.map((rows) => ({ rows }));
      },
    );
  }

  static async open(options: SqliteConnectionOptions): Promise<SqliteConnection> {
    const connection = new SqliteConnection(options);
    try {
      await connection.#call('open');
    } catch (error) {
      await connection.#thread.close();
      throw error;
    }
    return connection;
  }

  /** Whether the thread has ended and the database has not been opened again. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Opens the database again when the thread was lost. Never between the statements of a transaction. */
  async revive(): Promise<void> {
    if (!this.#lost) return;
    this.#reviving ??= this.#openAnew().finally(() => {
      this.#reviving = undefined;
    });
    await this.#reviving;
  }

  /** Runs a setting now, and again whenever the database is opened again. */
  async keep(setting: string): Promise<void> {
    await this.execute(setting);
    this.#kept.push(setting);
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
      if (!this.#lost) await this.#call('close');
    } finally {
      await this.#thread.close();
    }
  }

  #startThread(): WorkerClient {
    const { onThreadLost, ...workerData } = this.options;
    const thread = new WorkerClient({
      source: 'src/database/sqlite/sqlite-worker.ts',
      workerData,
      onCrash: (reason) => {
        if (this.#thread !== thread) return;
        this.#lost = true;
        onThreadLost?.(reason);
      },
    });
    return thread;
  }

  async #openAnew(): Promise<void> {
    this.#thread = this.#startThread();
    try {
      await this.#call('open');
      for (const setting of this.#kept) await this.execute(setting);
    } catch (cause) {
      await this.#thread.close();
      throw new ServiceError('UNAVAILABLE', { cause });
    }
    this.#lost = false;
  }

  async #call(name: string, argument?: unknown): Promise<unknown> {
    const outcome = await this.#thread.call<Outcome>(name, argument).catch((cause: unknown) => {
      throw new ServiceError('UNAVAILABLE', { cause });
    });
    if ('message' in outcome) throw new SqliteError(outcome.message, outcome.resultCode);
    return outcome.rows;
  }
}

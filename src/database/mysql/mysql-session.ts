import type { Logger } from 'pino';
import { Pool, TimeoutError } from 'tarn';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError } from '../../errors.js';
import type { Queries } from '../dialect.js';
import type { Attempt, Session } from '../session.js';
import type { ConnectionOptions, MysqlConnection } from './mysql-connection.js';
import { asServiceError, isFailure } from './mysql-error.js';
import { MysqlHosts, type Route } from './mysql-hosts.js';

const MAX_WAITING = 1000;
const IDLE_TIMEOUT_MS = 30_000;
const MAX_CONFLICT_RETRIES = 20;
const RETRY_BUDGET_MS = 15_000;

/** A pool of connections to the database, and the ways to use one. */
export class MysqlSession implements Session {
  readonly #hosts: MysqlHosts;
  readonly #pool: Pool<Route>;
  #closing: Promise<void> | undefined;

  constructor(options: ConnectionOptions, logger: Pick<Logger, 'warn' | 'info'>) {
    this.#hosts = new MysqlHosts(options, logger);
    this.#pool = new Pool<Route>({
      create: () => this.#hosts.connect(),
      validate: (route) => this.#hosts.isCurrent(route),
      destroy: ({ connection }) => {
        connection.destroy();
      },
      min: 0,
      max: options.poolSize,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      acquireTimeoutMillis: options.timeoutMs,
      createTimeoutMillis: (options.connectTimeoutMs + options.timeoutMs) * (options.hosts.length + 1),
      createRetryIntervalMillis: 20,
      propagateCreateError: true,
    });
  }

  /** Statements outside of any transaction; done once more when the connection is lost. */
  read<T>(work: (database: Queries) => Promise<T>): Promise<T> {
    return this.#twice(() => this.#using(({ queries }) => work(queries)));
  }

  /**
   * One transaction. Done again, whole, after a deadlock, a lock timeout, a certification conflict or, once, the
   * loss of the connection. Rolled back when `work` rejects.
   */
  write<T>(work: (database: Queries, attempt: Attempt) => Promise<T>): Promise<T> {
    const state = { uncertain: false };
    return this.#twice(() =>
      retryConflicts(() =>
        this.#using(async (connection) => {
          const result = await open(connection, 'START TRANSACTION', () =>
            work(connection.queries, { ...state }),
          );
          try {
            await connection.execute('COMMIT');
          } catch (error) {
            state.uncertain ||= isFailure(error, 'lost');
            // Whatever is open on it would become a part of the next transaction.
            if (!isFailure(error, 'conflict')) connection.destroy();
            throw error;
          }
          return result;
        }),
      ),
    );
  }

  /** Statements that all see the same committed state. */
  async snapshot<T>(work: (database: Queries) => Promise<T>): Promise<T> {
    try {
      return await this.#using(async (connection) => {
        await connection.execute('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
        const result = await open(connection, 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY', () =>
          work(connection.queries),
        );
        await connection.execute('COMMIT');
        return result;
      });
    } catch (error) {
      throw asServiceError(error);
    }
  }

  /** Resolves when a server answers that takes writes. */
  async ping(): Promise<void> {
    await this.#twice(() => this.#using((connection) => connection.assertWritable()));
  }

  /** The server clears its own files. */
  scrub(): Promise<void> {
    return Promise.resolve();
  }

  /** Closes every connection after what is running; later calls are refused. */
  close(): Promise<void> {
    this.#closing ??= this.#pool.destroy().then(() => undefined);
    return this.#closing;
  }

  async #twice<T>(work: () => Promise<T>): Promise<T> {
    try {
      try {
        return await work();
      } catch (error) {
        if (!isFailure(error, 'lost')) throw error;
        return await work();
      }
    } catch (error) {
      throw asServiceError(error);
    }
  }

  async #using<T>(work: (connection: MysqlConnection) => Promise<T>): Promise<T> {
    const route = await this.#acquire();
    try {
      return await work(route.connection);
    } catch (error) {
      if (!route.connection.usable) this.#hosts.suspect(route);
      throw error;
    } finally {
      this.#pool.release(route);
    }
  }

  async #acquire(): Promise<Route> {
    if (this.#closing) throw new Error('The database is closed.');
    if (this.#pool.numPendingAcquires() >= MAX_WAITING) throw new ServiceError('OVERLOADED');
    try {
      return await this.#pool.acquire().promise;
    } catch (cause) {
      throw cause instanceof TimeoutError ? new ServiceError('UNAVAILABLE', { cause }) : cause;
    }
  }
}

async function open<T>(connection: MysqlConnection, begin: string, work: () => Promise<T>): Promise<T> {
  await connection.execute(begin);
  try {
    return await work();
  } catch (error) {
    // A connection that cannot even do this is not used again: the server rolls back when it is gone.
    if (connection.usable)
      await connection.execute('ROLLBACK').catch(() => {
        connection.destroy();
      });
    throw error;
  }
}

async function retryConflicts<T>(work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + RETRY_BUDGET_MS;
  for (let attempt = 1; ; attempt += 1)
    try {
      return await work();
    } catch (error) {
      if (!isFailure(error, 'conflict') || attempt > MAX_CONFLICT_RETRIES || Date.now() > deadline)
        throw error;
      await sleep(Math.random() * Math.min(500, 5 * 2 ** attempt));
    }
}

import { sql } from 'drizzle-orm';
import { ServiceError } from '../../errors.js';
import { Mutex } from '../mutex.js';
import type { Attempt } from '../session.js';
import type { SqliteQueries, SqliteConnection } from './sqlite-connection.js';
import { withoutParameters } from './sqlite-error.js';

/** The connections to one database file: a single writer, a reader beside it, and one more for each snapshot. */
export class SqliteSession {
  readonly #turns = new Mutex();
  #snapshots = 0;
  #scrubbing: Promise<void> | undefined;
  #scrubOwed = false;
  #rewriting = false;

  constructor(
    private readonly writer: SqliteConnection,
    private readonly reader: SqliteConnection,
    private readonly openReader: () => Promise<SqliteConnection>,
  ) {}

  /** Statements on the reader: each sees everything committed before it, and nothing uncommitted. */
  async read<T>(work: (database: SqliteQueries) => Promise<T>): Promise<T> {
    try {
      await this.reader.revive();
      return await work(this.reader.queries);
    } catch (error) {
      throw withoutParameters(error);
    }
  }

  /** One transaction, after those already waiting; rolled back when `work` rejects. */
  write<T>(work: (database: SqliteQueries, attempt: Attempt) => Promise<T>): Promise<T> {
    const attempt: Attempt = { uncertain: false };
    return this.#turns.run(() =>
      transaction(this.writer, 'BEGIN IMMEDIATE', (database) => work(database, attempt)),
    );
  }

  /** Statements that all see the same committed state. */
  async snapshot<T>(work: (database: SqliteQueries) => Promise<T>): Promise<T> {
    this.#snapshots += 1;
    try {
      const connection = await this.openReader();
      try {
        return await transaction(connection, 'BEGIN', work);
      } finally {
        await connection.close();
      }
    } catch (error) {
      throw withoutParameters(error);
    } finally {
      this.#snapshots -= 1;
      if (this.#scrubOwed) await this.scrub();
    }
  }

  /**
   * Empties the write-ahead log, in which deleted rows stay readable after `secure_delete` has overwritten them in
   * the database file. One call serves every commit before it begins. Put off while a snapshot needs the log.
   */
  scrub(): Promise<void> {
    this.#scrubbing ??= this.#turns.run(async () => {
      this.#scrubbing = undefined;
      this.#scrubOwed = this.#snapshots > 0 || !(await emptyLog(this.writer));
    });
    return this.#scrubbing;
  }

  /** Rewrites the whole file: about 10 ms a megabyte, in which reads go on and writes wait. */
  async rewrite(): Promise<void> {
    await this.#turns.run(async () => {
      this.#rewriting = true;
      try {
        await this.writer.revive();
        await this.writer.execute('VACUUM');
      } catch (error) {
        throw withoutParameters(error);
      } finally {
        this.#rewriting = false;
      }
    });
    await this.scrub();
  }

  async ping(): Promise<void> {
    const write = this.#rewriting ? undefined : this.#pingWriter();
    try {
      await Promise.all([this.read((database) => database.run(sql`select 1`)), write]);
    } catch (error) {
      throw withoutParameters(error);
    }
  }

  async #pingWriter(): Promise<void> {
    if (this.writer.lost) await this.#turns.run(() => this.writer.revive());
    await this.writer.execute('select 1');
  }

  /** Finishes what was asked for before, then closes; the last connection empties and removes the log. */
  async close(): Promise<void> {
    await this.#turns.run(async () => {
      try {
        await this.reader.close();
      } finally {
        await this.writer.close();
      }
    });
  }
}

async function transaction<T>(
  connection: SqliteConnection,
  begin: 'BEGIN' | 'BEGIN IMMEDIATE',
  work: (database: SqliteQueries) => Promise<T>,
): Promise<T> {
  try {
    await connection.revive();
    await connection.execute(begin);
    const result = await work(connection.queries);
    await connection.execute('COMMIT');
    return result;
  } catch (error) {
    const failure = withoutParameters(error);
    await connection.rollback().catch((cause: unknown) => {
      const causes = new AggregateError([failure, cause], 'A transaction could not be rolled back.');
      throw new ServiceError('UNAVAILABLE', { cause: causes });
    });
    throw failure;
  }
}

/** @returns false when a reader still uses the log. */
async function emptyLog(writer: SqliteConnection): Promise<boolean> {
  try {
    await writer.revive();
    const [row] = await writer.queries.values<[busy: number]>(sql`pragma wal_checkpoint(truncate)`);
    return row?.[0] === 0;
  } catch (error) {
    throw withoutParameters(error);
  }
}

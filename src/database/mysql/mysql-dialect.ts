import { sql } from 'drizzle-orm';
import type { Dialect } from '../dialect.js';
import { endOfTimestamps } from './end-of-timestamps.js';
import { nextRevision, readRevision } from './gallery-clock.js';
import { isFailure } from './mysql-error.js';
import * as tables from './tables.js';

export const mysqlDialect: Dialect = {
  tables,

  locked(query) {
    return query.for('update');
  },

  async changedRows(statement) {
    const [{ affectedRows }] = await statement;
    return affectedRows;
  },

  async insertUnlessTaken(statement) {
    try {
      await statement;
      return true;
    } catch (error) {
      if (!isFailure(error, 'duplicate')) throw error;
      return false;
    }
  },

  async batch<Statements extends readonly PromiseLike<unknown>[]>(
    _database: unknown,
    statements: readonly [...Statements],
  ) {
    const results: unknown[] = [];
    for (const statement of statements) results.push(await statement);
    return results as { [Index in keyof Statements]: Awaited<Statements[Index]> };
  },

  now: sql<number>`unix_timestamp()`.mapWith(Number),

  async readNow(database) {
    const [rows] = await database.execute(sql`select unix_timestamp()`);
    const [[now] = []] = rows as unknown as unknown[][];
    return Number(now);
  },

  readRevision,
  nextRevision,

  async advice(database) {
    const warning = await endOfTimestamps(database);
    return warning === null ? [] : [warning];
  },

  /** The server watches over its own files. */
  damage() {
    return Promise.resolve([]);
  },
};

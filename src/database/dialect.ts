import type { SQL } from 'drizzle-orm';
import type { MySqlRawQueryResult } from 'drizzle-orm/mysql-proxy/session';
import type { MySqlRemoteDatabase } from 'drizzle-orm/mysql-proxy';
import type * as mysqlTables from './mysql/tables.js';

/**
 * How repositories write their queries. Drizzle's builders for MySQL and SQLite share no supertype but behave alike:
 * queries are written against MySQL's types, and SQLite's database is handed in as one of these.
 */
export type Queries = MySqlRemoteDatabase;

/** The tables that every database has, under the same names and with the same types of rows. */
export type Tables = Omit<typeof mysqlTables, 'rateCounters'>;

type LockableQuery<Rows> = PromiseLike<Rows> & { for(strength: 'update'): PromiseLike<Rows> };

/** What the two kinds of database do differently. */
export interface Dialect {
  readonly tables: Tables;
  /** Keeps the rows that a query finds as they are until the end of the transaction, where others could change them. */
  locked<Rows>(query: LockableQuery<Rows>): PromiseLike<Rows>;
  /** Runs an update or a deletion. @returns how many rows it found. */
  changedRows(statement: PromiseLike<MySqlRawQueryResult>): Promise<number>;
  /** Runs an insertion. @returns false when a unique value is taken. */
  insertUnlessTaken(statement: PromiseLike<MySqlRawQueryResult>): Promise<boolean>;
  /** Runs statements in their order, in one journey where the database can. */
  batch<Statements extends readonly PromiseLike<unknown>[]>(
    database: Queries,
    statements: readonly [...Statements],
  ): Promise<{ [Index in keyof Statements]: Awaited<Statements[Index]> }>;
  /** The database's clock, in whole seconds since 1970; part of a statement. */
  readonly now: SQL<number>;
  /** The same, read by itself. */
  readNow(database: Queries): Promise<number>;
  /** The newest revision of the gallery; 0 before the first change. */
  readRevision(database: Queries): Promise<number>;
  /** Moves the gallery to its next revision and returns it; no other transaction can do so until this one ends. */
  nextRevision(database: Queries): Promise<number>;
  /** What will have to be done to this database one day, one sentence each. */
  advice(database: Queries): Promise<string[]>;
  /** Damage that the database engine finds in its own files, one sentence each. */
  damage(database: Queries): Promise<string[]>;
}

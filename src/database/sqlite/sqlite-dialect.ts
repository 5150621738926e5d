import { sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Dialect, Queries, Tables } from '../dialect.js';
import type { Session } from '../session.js';
import { nextRevision, readRevision } from './gallery-clock.js';
import type { SqliteQueries } from './sqlite-connection.js';
import type { SqliteSession } from './sqlite-session.js';
import * as tables from './tables.js';

/** What Drizzle's SQLite builders can do that those of MySQL cannot. */
interface SqliteStatement {
  onConflictDoNothing(): SqliteStatement;
  returning(fields: { readonly found: unknown }): PromiseLike<readonly unknown[]>;
}

type Rows<Of> = { [Name in keyof Of]: Of[Name] extends { $inferSelect: infer Row } ? Row : never };

type WithSameRows<Own> = Rows<Own> extends Rows<Tables> ? Own : never;

/** Does not compile when a table has other columns, or columns of other types, than its namesake on MySQL. */
function asTables<Own>(own: WithSameRows<Own>): Tables {
  return own as unknown as Tables;
}

export const sqliteDialect: Dialect = {
  tables: asTables(tables),

  /** There is one writer at a time. */
  locked(query) {
    return query;
  },

  async changedRows(statement) {
    const found = await asSqlite(statement).returning({ found: sql`1` });
    return found.length;
  },

  async insertUnlessTaken(statement) {
    const inserted = await asSqlite(statement)
      .onConflictDoNothing()
      .returning({ found: sql`1` });
    return inserted.length > 0;
  },

  async batch<Statements extends readonly PromiseLike<unknown>[]>(
    database: Queries,
    statements: readonly [...Statements],
  ) {
    const [first, ...others] = statements as readonly unknown[] as readonly BatchItem<'sqlite'>[];
    const results = first === undefined ? [] : await queriesOf(database).batch([first, ...others]);
    return results as unknown as { [Index in keyof Statements]: Awaited<Statements[Index]> };
  },

  now: sql<number>`unixepoch()`.mapWith(Number),

  async readNow(database) {
    const [row] = await queriesOf(database).values<[now: number]>(sql`select unixepoch()`);
    return row?.[0] ?? Number.NaN;
  },

  readRevision: (database) => readRevision(queriesOf(database)),
  nextRevision: (database) => nextRevision(queriesOf(database)),

  advice() {
    return Promise.resolve([]);
  },

  async damage(database) {
    const rows = await queriesOf(database).values<[finding: string]>(sql`pragma integrity_check`);
    return rows.map(([finding]) => finding).filter((finding) => finding !== 'ok');
  },
};

/** The session as repositories see it: its queries under MySQL's types. */
export function asSession<Method extends keyof Session>(
  session: Pick<SqliteSession, Method>,
): Pick<Session, Method> {
  return session as unknown as Pick<Session, Method>;
}

function queriesOf(database: Queries): SqliteQueries {
  return database as unknown as SqliteQueries;
}

function asSqlite(statement: unknown): SqliteStatement {
  return statement as SqliteStatement;
}

import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { workerData } from 'node:worker_threads';
import { serveWorker } from '../../threads/serve-worker.js';
import type { ConnectionOptions, Outcome, Query } from './sqlite-protocol.js';

type Statement = ReturnType<DatabaseSyncInstance['prepare']>;

const MAX_CACHED_STATEMENTS = 200;

const { file, readOnly, prelude } = workerData as ConnectionOptions;
const statements = new Map<string, Statement>();
const database = new DatabaseSync(file, {
  open: false,
  readOnly,
  enableForeignKeyConstraints: false,
  returnArrays: true,
});

function prepare(sql: string): Statement {
  const cached = statements.get(sql);
  if (cached) return cached;
  if (statements.size >= MAX_CACHED_STATEMENTS) statements.clear();
  const statement = database.prepare(sql);
  statements.set(sql, statement);
  return statement;
}

function query({ sql, params, method }: Query): unknown {
  const statement = prepare(sql);
  switch (method) {
    case 'run':
      statement.run(...params);
      return [];
    case 'get':
      return statement.get(...params);
    case 'all':
    case 'values':
      return statement.all(...params);
  }
}

function outcome(work: () => unknown): Outcome {
  try {
    return { rows: work() };
  } catch (error) {
    const { message } = error instanceof Error ? error : new Error(String(error));
    const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
    return { message, resultCode: typeof code === 'number' ? code : undefined };
  }
}

serveWorker({
  open: () =>
    outcome(() => {
      database.open();
      for (const statement of prelude) database.exec(statement);
    }),
  query: (request: Query) => outcome(() => query(request)),
  batch: (requests: readonly Query[]) => outcome(() => requests.map(query)),
  execute: (sql: string) =>
    outcome(() => {
      database.exec(sql);
    }),
  rollback: () =>
    outcome(() => {
      // SQLite has already rolled back after some errors, a full disk for one.
      if (database.isTransaction) database.exec('ROLLBACK');
    }),
  close: () =>
    outcome(() => {
      statements.clear();
      database.close();
    }),
});

import { join } from 'node:path';
import type { Database } from '../../users/user-repository.js';
import { assertMigrated } from './migrate-sqlite.js';
import { databaseFileName } from './open-sqlite-database.js';
import { SqliteApiKeyRepository } from './sqlite-api-key-repository.js';
import { SqliteConnection } from './sqlite-connection.js';
import { SqliteSession } from './sqlite-session.js';

// Longer than the service takes to rewrite a large file.
const writerPrelude = [
  'PRAGMA busy_timeout = 30000',
  'PRAGMA synchronous = FULL',
  'PRAGMA trusted_schema = OFF',
];
const readerPrelude = ['PRAGMA busy_timeout = 2000', 'PRAGMA trusted_schema = OFF'];

/**
 * Opens the keys of an embedded database beside the service that runs on it. Nothing is migrated, and each write is
 * one short transaction that first makes sure that the tables are those of this program, whoever has the folder.
 * @throws Error when they are not.
 */
export async function openSqliteKeys(folder: string): Promise<Pick<Database, 'apiKeys' | 'close'>> {
  const file = join(folder, databaseFileName);
  const openReader = () => SqliteConnection.open({ file, readOnly: true, prelude: readerPrelude });
  // First, because it does not create a file where there is none yet.
  const reader = await openReader();
  const writer = await SqliteConnection.open({ file, readOnly: false, prelude: writerPrelude });
  const session = new SqliteSession(writer, reader, openReader);
  const checked = <T>(work: Parameters<typeof session.write<T>>[0]): typeof work => {
    return async (database) => {
      await assertMigrated(database);
      return work(database);
    };
  };
  return {
    apiKeys: new SqliteApiKeyRepository({
      read: (work) => session.read(checked(work)),
      write: (work) => session.write(checked(work)),
    }),
    close: () => session.close(),
  };
}

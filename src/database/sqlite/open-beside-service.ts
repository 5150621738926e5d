import { join } from 'node:path';
import { FolderInUseError, FolderLock } from '../../storage/folder-lock.js';
import { createPrivateFolder } from '../../storage/private-file.js';
import { assertMigrated } from './migrate-sqlite.js';
import { DATABASE_FILE_NAME, openSession } from './open-sqlite-database.js';
import { SqliteConnection } from './sqlite-connection.js';
import { SqliteSession } from './sqlite-session.js';

// Longer than the service takes to rewrite a large file.
const writerPrelude = [
  'PRAGMA busy_timeout = 30000',
  'PRAGMA synchronous = FULL',
  'PRAGMA trusted_schema = OFF',
];
const readerPrelude = ['PRAGMA busy_timeout = 2000', 'PRAGMA trusted_schema = OFF'];

/** What repositories need of a session. */
export type SharedSession = Pick<SqliteSession, 'read' | 'write' | 'scrub'>;

interface OpenSession {
  readonly session: SharedSession;
  readonly close: () => Promise<void>;
}

/**
 * Opens an embedded database for a command: as the service does, or beside it when it runs.
 * @throws Error when another version of this program uses the folder or has written the database.
 */
export async function openBesideService(folder: string): Promise<OpenSession> {
  createPrivateFolder(folder);
  const lock = acquireUnlessInUse(folder);
  if (lock === null) return openBeside(join(folder, DATABASE_FILE_NAME));
  try {
    const session = await openSession(join(folder, DATABASE_FILE_NAME));
    const close = () =>
      session.close().finally(() => {
        lock.release();
      });
    return { session, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function acquireUnlessInUse(folder: string): FolderLock | null {
  try {
    return FolderLock.acquire(folder);
  } catch (error) {
    if (error instanceof FolderInUseError) return null;
    throw error;
  }
}

/**
 * SQLite lets several processes use one file; what the lock keeps apart is migrations and the clearing up at a start.
 * So nothing is migrated or cleared up here, and each transaction first makes sure that the tables are those of this
 * program, whichever process has the folder by then.
 */
async function openBeside(file: string): Promise<OpenSession> {
  const openReader = () => SqliteConnection.open({ file, readOnly: true, prelude: readerPrelude });
  // First, because it does not create a file where there is none yet.
  const reader = await openReader();
  const writer = await SqliteConnection.open({ file, readOnly: false, prelude: writerPrelude });
  const session = new SqliteSession(writer, reader, openReader);
  const checked = <T>(work: Parameters<typeof session.write<T>>[0]): typeof work => {
    return async (database, attempt) => {
      await assertMigrated(database);
      return work(database, attempt);
    };
  };
  const shared: SharedSession = {
    read: (work) =>
      session.read(async (database) => {
        await assertMigrated(database);
        return work(database);
      }),
    write: (work) => session.write(checked(work)),
    scrub: () => session.scrub(),
  };
  return { session: shared, close: () => session.close() };
}

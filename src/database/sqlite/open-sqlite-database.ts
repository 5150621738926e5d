import { dirname, join } from 'node:path';
import { ServiceError } from '../../errors.js';
import { FolderLock } from '../../storage/folder-lock.js';
import { createPrivateFile, createPrivateFolder } from '../../storage/private-file.js';
import type { Vault } from '../../protection/vault.js';
import type { Database } from '../database.js';
import { createRepositories } from '../repositories/create-repositories.js';
import { migrateSqlite } from './migrate-sqlite.js';
import { SqliteConnection } from './sqlite-connection.js';
import { asSession, sqliteDialect } from './sqlite-dialect.js';
import { withoutParameters } from './sqlite-error.js';
import { removeRemnants } from './sqlite-remnants.js';
import { SqliteSession } from './sqlite-session.js';

export const DATABASE_FILE_NAME = 'facial-verification.sqlite';

const writerPrelude = (folder: string) => [
  'PRAGMA busy_timeout = 2000',
  'PRAGMA journal_mode = WAL',
  // NORMAL would lose the last commits at a power cut: https://sqlite.org/pragma.html#pragma_synchronous
  'PRAGMA synchronous = FULL',
  'PRAGMA secure_delete = ON',
  'PRAGMA trusted_schema = OFF',
  // What SQLite spills while it works holds templates: not into a folder shared with others.
  `PRAGMA temp_store_directory = '${folder.replaceAll("'", "''")}'`,
];
const readerPrelude = ['PRAGMA busy_timeout = 2000', 'PRAGMA trusted_schema = OFF'];

export interface OpenSqliteOptions {
  /** Opens and seals templates. */
  readonly vault: Vault;
  /**
   * Opens a database whose rows refer to missing ones, to mend it.
   * @default false
   */
  readonly acceptStrays?: boolean;
  /** Called when the thread of a connection was lost; the next statement opens the database again. */
  readonly onThreadLost?: (reason: Error) => void;
}

/**
 * Opens the embedded database of a data folder, creating and migrating it as needed.
 * @param folder created with access for its owner alone; belongs to this process until {@link Database.close}.
 * @throws Error when another process uses the folder or a newer program has written the database.
 */
export async function openSqliteDatabase(
  folder: string,
  { vault, ...options }: OpenSqliteOptions,
): Promise<Database> {
  const lock = lockFolder(folder);
  try {
    const session = await openSession(join(folder, DATABASE_FILE_NAME), options);
    let closing: Promise<void> | undefined;
    return {
      ...createRepositories(asSession(session), sqliteDialect, vault),
      removeRemnants: (deletedBefore, mostBytes) => removeRemnants(session, deletedBefore, mostBytes),
      ping: () => session.ping(),
      close: () =>
        (closing ??= session.close().finally(() => {
          lock.release();
        })),
    };
  } catch (error) {
    lock.release();
    throw unusable(folder, error);
  }
}

function lockFolder(folder: string): FolderLock {
  try {
    createPrivateFolder(folder);
    return FolderLock.acquire(folder);
  } catch (error) {
    throw unusable(folder, error);
  }
}

/** A disk that takes nothing is not the database's fault: the message has to name it. */
function unusable(folder: string, error: unknown): unknown {
  const cause = withoutParameters(error);
  const reason = cause instanceof ServiceError ? cause.cause : cause;
  if (
    !(reason instanceof Error) ||
    !/disk is full|no space|read-?only|not a writable|I\/O error/i.test(reason.message)
  )
    return error;
  const message = `The data folder ${folder} cannot be written to (${reason.message}). Make room or make it writable, and start again.`;
  return new Error(message, { cause: reason });
}

/** Creates and migrates the file as needed. The folder must be locked. */
export async function openSession(
  file: string,
  { acceptStrays = false, onThreadLost }: Omit<OpenSqliteOptions, 'vault'> = {},
): Promise<SqliteSession> {
  createPrivateFile(file);
  const lost = onThreadLost && { onThreadLost };
  const openReader = () => SqliteConnection.open({ file, readOnly: true, prelude: readerPrelude, ...lost });
  const writer = await SqliteConnection.open({
    file,
    readOnly: false,
    prelude: writerPrelude(dirname(file)),
    ...lost,
  });
  try {
    await migrateSqlite(writer, { acceptStrays });
    await writer.keep('PRAGMA foreign_keys = ON');
    const session = new SqliteSession(writer, await openReader(), openReader);
    // A process killed right after a deletion leaves the deleted rows in its log.
    await session.scrub();
    return session;
  } catch (error) {
    await writer.close();
    throw error;
  }
}

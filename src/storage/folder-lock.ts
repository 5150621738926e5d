import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { join } from 'node:path';
import { createPrivateFile } from './private-file.js';

/** Another process uses the data folder. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}

/**
 * Keeps a second process out of a data folder. SQLite holds an operating system lock for us, which ends with the
 * process however it ends, so nothing is left to clean up after `kill -9`.
 */
export class FolderLock {
  private constructor(private readonly database: DatabaseSyncInstance) {}

  /** @throws FolderInUseError */
  static acquire(folder: string): FolderLock {
    const file = join(folder, 'lock.sqlite');
    createPrivateFile(file);
    const database = new DatabaseSync(file, { timeout: 0 });
    try {
      // Nothing is ever written: no journal file is needed beside it.
      database.exec('PRAGMA journal_mode = MEMORY');
      database.exec('BEGIN EXCLUSIVE');
    } catch (cause) {
      database.close();
      if (!isBusy(cause)) throw cause;
      throw new FolderInUseError(
        `Another process already uses the data folder ${folder}. Stop it, or set DATA_DIR to another folder.`,
        { cause },
      );
    }
    return new FolderLock(database);
  }

  release(): void {
    this.database.close();
  }
}

/** SQLITE_BUSY: https://sqlite.org/rescode.html */
function isBusy(cause: unknown): boolean {
  return cause instanceof Error && 'errcode' in cause && (Number(cause.errcode) & 0xff) === 5;
}

import { closeSync, mkdirSync, openSync } from 'node:fs';

/** Access for the owner alone. */
export const PRIVATE_FILE_MODE = 0o600;
export const PRIVATE_FOLDER_MODE = 0o700;

/** Creates a folder that others cannot enter, with its parents; an existing one is left as it is. */
export function createPrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER_MODE });
}

/**
 * Creates an empty file that others cannot read. An existing file is not even opened: closing any descriptor of
 * a file drops the POSIX locks that SQLite holds on it, see https://sqlite.org/howtocorrupt.html section 2.2.
 */
export function createPrivateFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', PRIVATE_FILE_MODE));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

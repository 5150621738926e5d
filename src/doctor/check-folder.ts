import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE } from '../storage/private-file.js';
import type { Finding } from './finding.js';

const GROUP_OR_OTHERS = 0o077;
const OTHERS = 0o007;

/**
 * Looks for unfinished files, and for files and folders that other users of the machine could read.
 * @param leftBefore files of the temporary folders last written before this time are left of a process that died.
 */
export async function* checkFolder(dataDir: string, leftBefore: Date): AsyncIterable<Finding> {
  for (const folder of [join(dataDir, 'images', 'incoming'), join(dataDir, 'tmp')])
    yield* unfinishedFiles(folder, leftBefore);
  if (process.platform !== 'win32') yield* openToOthers(dataDir, OTHERS);
}

async function* unfinishedFiles(folder: string, leftBefore: Date): AsyncIterable<Finding> {
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    const status = await statusOf(path);
    if (status === null || status.mtime >= leftBefore) continue;
    yield {
      problem: `${path} is an unfinished file`,
      remedy: 'delete the file',
      repair: async () => {
        await rm(path, { recursive: true, force: true });
        return true;
      },
    };
  }
}

/** @param forbidden permission bits that the path itself must not have; what is below it is for its owner alone. */
async function* openToOthers(path: string, forbidden: number): AsyncIterable<Finding> {
  const status = await statusOf(path);
  if (status === null || status.isSymbolicLink()) return;
  if ((status.mode & forbidden) !== 0) {
    const mode = status.isDirectory() ? PRIVATE_FOLDER_MODE : PRIVATE_FILE_MODE;
    yield {
      problem: `${path} is open to other users of the machine (mode ${(status.mode & 0o777).toString(8)})`,
      remedy: `set mode ${mode.toString(8)}`,
      repair: async () => {
        await chmod(path, mode);
        return true;
      },
    };
  }
  if (!status.isDirectory()) return;
  for (const name of await namesIn(path)) yield* openToOthers(join(path, name), GROUP_OR_OTHERS);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function statusOf(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const TEMPORARY_SUFFIX = '.tmp';
const STALE_AFTER_MS = 600_000;

/**
 * Writes a file so that its name only ever shows whole content, even when several programs write it or one is killed.
 * Once resolved it survives power loss.
 * @param mode access rights of the file, for example 0o644.
 */
export async function writeAtomically(
  path: string,
  content: Uint8Array | string,
  mode: number,
): Promise<void> {
  const temporary = `${path}.${randomUUID()}${TEMPORARY_SUFFIX}`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Removes what writers that were killed left behind; a living writer is done long before its file is that old. */
export async function removeStaleTemporaries(folder: string): Promise<void> {
  const names = await readdir(folder);
  for (const path of names
    .filter((name) => name.endsWith(TEMPORARY_SUFFIX))
    .map((name) => join(folder, name))) {
    const modified = await stat(path).catch(() => null);
    if (modified !== null && Date.now() - modified.mtimeMs > STALE_AFTER_MS) await rm(path, { force: true });
  }
}

/** Makes created, renamed and deleted names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

import { randomUUID } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const temporarySuffix = '.tmp';
const staleAfterMs = 600_000;

/** Writes a file so that its name never shows anything but whole content, whoever else writes it or is killed. */
export async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}${temporarySuffix}`;
  try {
    const file = await open(temporary, 'wx', 0o644);
    try {
      await file.writeFile(bytes);
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
    .filter((name) => name.endsWith(temporarySuffix))
    .map((name) => join(folder, name))) {
    const modified = await stat(path).catch(() => null);
    if (modified !== null && Date.now() - modified.mtimeMs > staleAfterMs) await rm(path, { force: true });
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes `folder` the process's own temporary folder: private, and emptied of what a killed predecessor left.
 * graphql-upload-ts writes every picture on its way in to `os.tmpdir()` and has no option for another place.
 */
export async function useTemporaryFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
  process.env[process.platform === 'win32' ? 'TEMP' : 'TMPDIR'] = folder;
  if (tmpdir() !== folder) throw new Error(`The temporary folder could not be set to ${folder}.`);
}

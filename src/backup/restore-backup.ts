import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../atomic-file.js';
import { copyDatabase, openCopy } from '../database/sqlite/copy-database.js';
import { DATABASE_FILE_NAME } from '../database/sqlite/open-sqlite-database.js';
import { FolderLock } from '../storage/folder-lock.js';
import { isImageKey } from '../storage/image-key.js';
import type { ImageStore, ImageStoreInventory } from '../storage/image-store.js';
import { LocalImageStore } from '../storage/local-image-store.js';
import { createPrivateFolder } from '../storage/private-file.js';
import { readManifest, type Manifest } from './manifest.js';

export interface RestoreBackupOptions {
  readonly folder: string;
  /** A data folder without a database. */
  readonly dataDir: string;
  readonly openImages: () => Promise<Pick<ImageStore, 'put'> & Pick<ImageStoreInventory, 'has'>>;
}

/**
 * Puts a backup where the service looks for its data: first the image files, then the database, so that an interrupted
 * restoration leaves no database and can be repeated.
 * @throws Error when the backup is not finished or damaged, or the data folder is in use or has a database.
 */
export async function restoreBackup({
  folder,
  dataDir,
  openImages,
}: RestoreBackupOptions): Promise<Manifest> {
  const manifest = await readManifest(folder);
  await assertSound(join(folder, DATABASE_FILE_NAME));
  createPrivateFolder(dataDir);
  const lock = FolderLock.acquire(dataDir);
  try {
    const target = join(dataDir, DATABASE_FILE_NAME);
    if (existsSync(target))
      throw new Error(`${target} is there already. Move the data folder away, or set DATA_DIR to a new one.`);
    const kept = await LocalImageStore.open(join(folder, 'images'));
    const images = await openImages();
    for await (const name of kept.names())
      if (isImageKey(name) && !(await images.has(name))) await images.put(name, await kept.get(name));
    const unfinished = `${target}.restoring`;
    await copyDatabase(join(folder, DATABASE_FILE_NAME), unfinished);
    await rename(unfinished, target);
    await syncFolder(dataDir);
  } finally {
    lock.release();
  }
  return manifest;
}

async function assertSound(file: string): Promise<void> {
  const copy = await openCopy(file);
  try {
    const damage = await copy.consistency.damage();
    if (damage.length > 0) throw new Error(`${file} is damaged: ${damage.join('; ')}`);
  } finally {
    await copy.close();
  }
}

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copyDatabase, openCopy } from '../database/sqlite/copy-database.js';
import { DATABASE_FILE_NAME } from '../database/sqlite/open-sqlite-database.js';
import type { ImageStore, ImageStoreInventory } from '../storage/image-store.js';
import { LocalImageStore } from '../storage/local-image-store.js';
import { PRIVATE_FOLDER_MODE } from '../storage/private-file.js';
import { writeManifest, type Manifest } from './manifest.js';

const PAGE_SIZE = 1000;

export interface CreateBackupOptions {
  /** Data folder of the embedded database; the service may run on it. */
  readonly dataDir: string;
  readonly images: Pick<ImageStore, 'get'> & Pick<ImageStoreInventory, 'has'>;
  /** A new folder, created for its owner alone. */
  readonly folder: string;
}

export interface CreatedBackup {
  readonly manifest: Manifest;
  /** Image files of people who were deleted while the backup was made. */
  readonly deletedMeanwhile: number;
}

/**
 * Copies the embedded database as it is at one moment, then the image files that it names. Everything stays sealed.
 * @throws Error when there is no database, the folder exists, or the copy is damaged.
 */
export async function createBackup(options: CreateBackupOptions): Promise<CreatedBackup> {
  const { dataDir, folder } = options;
  const source = join(dataDir, DATABASE_FILE_NAME);
  if (!existsSync(source))
    throw new Error(`There is no database ${source}; set DATA_DIR as for the service.`);
  await mkdir(folder, { mode: PRIVATE_FOLDER_MODE });
  const file = join(folder, DATABASE_FILE_NAME);
  await copyDatabase(source, file);
  const copy = await openCopy(file);
  try {
    const damage = await copy.consistency.damage();
    if (damage.length > 0) throw new Error(`The database is damaged: ${damage.join('; ')}`);
    const { copied, deletedMeanwhile } = await copyImages(copy, options);
    const { seq, hash } = await copy.auditLog.head();
    const manifest: Manifest = {
      version: 1,
      createdAt: new Date().toISOString(),
      images: copied,
      masterKeys: (await copy.protection.masterKeys()).map(({ id, users }) => ({ id, users })),
      auditHead: { seq, hash: Buffer.from(hash).toString('hex') },
    };
    await writeManifest(folder, manifest);
    return { manifest, deletedMeanwhile };
  } finally {
    await copy.close();
  }
}

async function copyImages(
  { consistency }: Awaited<ReturnType<typeof openCopy>>,
  { images, folder }: CreateBackupOptions,
): Promise<{ copied: number; deletedMeanwhile: number }> {
  const target = await LocalImageStore.open(join(folder, 'images'));
  let copied = 0;
  let deletedMeanwhile = 0;
  for (let after = ''; ;) {
    const page = await consistency.blobs({ first: PAGE_SIZE, after });
    for (const { key, referenced } of page) {
      if (!referenced) continue;
      if (await images.has(key)) {
        await target.put(key, await images.get(key));
        copied += 1;
      } else deletedMeanwhile += 1;
    }
    const last = page.at(-1);
    if (last === undefined) return { copied, deletedMeanwhile };
    after = last.key;
  }
}

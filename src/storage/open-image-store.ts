import { join } from 'node:path';
import type { Config } from '../config/config.js';
import type { ImageStore, ImageStoreInventory } from './image-store.js';
import { LocalImageStore, type LocalImageStoreOptions } from './local-image-store.js';
import { S3ImageStore } from './s3-image-store.js';

const HOUR_MS = 3_600_000;

/** Opens the image store that the configuration names. @throws when files cannot be stored there. */
export function openImageStore(
  { imageStore, dataDir, mysql }: Pick<Config, 'imageStore' | 'dataDir' | 'mysql'>,
  options: LocalImageStoreOptions = {},
): Promise<ImageStore & ImageStoreInventory> {
  if (imageStore !== undefined) return S3ImageStore.open(imageStore);
  // The embedded database keeps other processes out of the folder; with MySQL another one may be writing there.
  const abandonedAfterMs = mysql === undefined ? 0 : HOUR_MS;
  return LocalImageStore.open(join(dataDir, 'images'), { abandonedAfterMs, ...options });
}

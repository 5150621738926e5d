import { join } from 'node:path';
import type { Config } from '../config.js';
import type { ImageStore } from './image-store.js';
import { LocalImageStore } from './local-image-store.js';
import { S3ImageStore } from './s3-image-store.js';

const hourMs = 3_600_000;

/** Opens the image store that the configuration names. @throws when files can not be stored there. */
export function openImageStore({
  imageStore,
  dataDir,
  mysql,
}: Pick<Config, 'imageStore' | 'dataDir' | 'mysql'>): Promise<ImageStore> {
  if (imageStore !== undefined) return S3ImageStore.open(imageStore);
  // The embedded database keeps other processes out of the folder; with MySQL another one may be writing there.
  return LocalImageStore.open(join(dataDir, 'images'), mysql && { abandonedAfterMs: hourMs });
}

import { join } from 'node:path';
import type { Config } from '../config.js';
import type { ImageStore } from './image-store.js';
import { LocalImageStore } from './local-image-store.js';
import { S3ImageStore } from './s3-image-store.js';

/** Opens the image store that the configuration names. @throws when files can not be stored there. */
export function openImageStore({
  imageStore,
  dataDir,
}: Pick<Config, 'imageStore' | 'dataDir'>): Promise<ImageStore> {
  return imageStore === undefined
    ? LocalImageStore.open(join(dataDir, 'images'))
    : S3ImageStore.open(imageStore);
}

import type { Logger } from 'pino';
import type { ImageMediaType } from '../faces/picture/media-type.js';
import type { StoredImage } from '../records.js';
import { finishDeletion } from './blob-sweeper.js';
import type { BlobJournal } from './blob-journal.js';
import { createImageKey } from './image-key.js';
import type { ImageStore } from './image-store.js';

export interface StagingOptions {
  readonly blobs: BlobJournal;
  readonly images: ImageStore;
  readonly logger: Pick<Logger, 'error'>;
}

/** Writes the file of an image under a new key, announced before. @param seal gives the file's bytes for the key. */
export type StageImage = (
  mediaType: ImageMediaType,
  seal: (key: string) => Uint8Array,
) => Promise<StoredImage>;

/**
 * Runs work that writes image files and then the rows that name them. Files whose rows were not written are withdrawn;
 * what fails there is logged and left to the housekeeping, so that the caller sees the cause.
 * @param work resolves with what `wanted` approves when the rows are written.
 */
export async function withStagedImages<Result>(
  options: StagingOptions,
  work: (stage: StageImage) => Promise<Result>,
  wanted: (result: Result) => boolean = () => true,
): Promise<Result> {
  const { blobs, images } = options;
  const announced: string[] = [];
  const stage: StageImage = async (mediaType, seal) => {
    const key = createImageKey(mediaType);
    await blobs.announce(key);
    announced.push(key);
    await images.put(key, seal(key));
    return { key, mediaType };
  };
  let kept = false;
  try {
    const result = await work(stage);
    kept = wanted(result);
    return result;
  } finally {
    if (!kept) for (const key of announced) await withdraw(options, key);
  }
}

async function withdraw({ blobs, images, logger }: StagingOptions, key: string): Promise<void> {
  try {
    if (await blobs.abandon(key)) await finishDeletion(key, blobs, images);
  } catch (error) {
    logger.error({ err: error }, 'an image file without rows could not be deleted yet');
  }
}

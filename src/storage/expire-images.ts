import type { ImageStore } from './image-store.js';
import { finishDeletion } from './blob-sweeper.js';
import type { BlobJournal } from './blob-journal.js';

const BATCH_SIZE = 100;

/**
 * Deletes users' pictures announced before a time; their templates stay. What fails is left to the next sweep.
 * @returns how many pictures were deleted.
 */
export async function expireImages(
  blobs: BlobJournal,
  images: ImageStore,
  announcedBefore: Date,
): Promise<number> {
  let deleted = 0;
  for (;;) {
    const keys = await blobs.expired(announcedBefore, BATCH_SIZE);
    if (keys.length === 0) return deleted;
    for (const key of keys) {
      if (!(await blobs.expire(key))) continue;
      await finishDeletion(key, blobs, images);
      deleted += 1;
    }
  }
}

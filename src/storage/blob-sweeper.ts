import type { ImageStore } from './image-store.js';
import type { BlobJournal } from './blob-journal.js';

const PAGE_SIZE = 500;

export interface SweepResult {
  /** Files that are now gone, with their intents. */
  readonly finished: number;
  /** Why others could not be deleted; they stay for the next sweep. */
  readonly failures: readonly unknown[];
}

/**
 * Deletes a file whose intent is in state `deleting`, then the intent, so that a crash between leaves the intent.
 * @returns false when the intent has to stay, because a write given up may still arrive; the file is gone for now.
 */
export async function finishDeletion(key: string, blobs: BlobJournal, images: ImageStore): Promise<boolean> {
  const { lateWriteMs = 0 } = images;
  await images.delete(key);
  return blobs.forget(key, Math.ceil(lateWriteMs / 1000));
}

/** Deletes the files of deletions that were interrupted, and of registrations announced before the given time. */
export async function sweepBlobs(
  blobs: BlobJournal,
  images: ImageStore,
  pendingBefore: Date,
): Promise<SweepResult> {
  let finished = 0;
  let after = '';
  const failures: unknown[] = [];
  for (;;) {
    const page = await blobs.unfinished(pendingBefore, { first: PAGE_SIZE, after });
    for (const { key, state } of page) {
      try {
        if (state === 'pending' && !(await blobs.abandon(key))) continue;
        if (await finishDeletion(key, blobs, images)) finished += 1;
      } catch (error) {
        failures.push(error);
      }
    }
    if (page.length < PAGE_SIZE) return { finished, failures };
    after = page.at(-1)?.key ?? '';
  }
}

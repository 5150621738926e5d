import type { BlobJournal, UnfinishedBlob } from '../../../src/storage/blob-journal.js';

const ever = new Date(8.64e15);

/** The first thousand blobs that a sweep would take up. @param pendingBefore default: those of any time. */
export function unfinishedBlobs(
  blobs: Pick<BlobJournal, 'unfinished'>,
  pendingBefore: Date = ever,
): Promise<UnfinishedBlob[]> {
  return blobs.unfinished(pendingBefore, { first: 1000, after: '' });
}

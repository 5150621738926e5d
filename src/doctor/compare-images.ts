import { isImageKey } from '../storage/image-key.js';
import type { ImageStore, ImageStoreInventory } from '../storage/image-store.js';
import { finishDeletion } from '../storage/blob-sweeper.js';
import type { CheckedBlob, ConsistencyCheck } from '../database/consistency.js';
import type { BlobJournal } from '../storage/blob-journal.js';
import type { Finding } from './finding.js';

const PAGE_SIZE = 1000;

export interface CompareOptions {
  readonly consistency: ConsistencyCheck;
  readonly blobs: BlobJournal;
  readonly images: ImageStore & ImageStoreInventory;
  /** An intent announced before this time belongs to a process that died. */
  readonly unfinishedBefore: Date;
}

/**
 * Compares blobs and image files both ways, in one pass over both in the order of their keys: flat in memory, however
 * many there are. The service may run meanwhile, so each difference is looked at again before it is reported.
 */
export async function* compareImages(options: CompareOptions): AsyncIterable<Finding> {
  const blobs = allBlobs(options.consistency)[Symbol.asyncIterator]();
  const names = options.images.names()[Symbol.asyncIterator]();
  let blob = await next(blobs);
  let name = await next(names);
  while (blob !== undefined || name !== undefined) {
    if (name !== undefined && !isImageKey(name)) {
      yield foreignFile(name);
      name = await next(names);
    } else if (name !== undefined && (blob === undefined || name < blob.key)) {
      yield* fileWithoutRow(name, options);
      name = await next(names);
    } else if (blob !== undefined) {
      const hasFile = name === blob.key;
      yield* blobFindings(blob, hasFile, options);
      if (hasFile) name = await next(names);
      blob = await next(blobs);
    }
  }
}

async function* allBlobs(consistency: ConsistencyCheck): AsyncIterable<CheckedBlob> {
  let after = '';
  for (;;) {
    const page = await consistency.blobs({ first: PAGE_SIZE, after });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_SIZE) return;
    after = last.key;
  }
}

async function next<T>(iterator: AsyncIterator<T>): Promise<T | undefined> {
  const result = await iterator.next();
  return result.done === true ? undefined : result.value;
}

function foreignFile(name: string): Finding {
  return {
    problem: `${name} is no file of this program`,
    remedy: 'move it out of the image store, or delete it; it may be the picture of a face',
  };
}

async function* fileWithoutRow(key: string, { consistency, images }: CompareOptions): AsyncIterable<Finding> {
  // Rows are there before the file and leave after it, so the row is looked for first.
  if ((await consistency.knows(key)) || !(await images.has(key))) return;
  yield {
    problem: `${key} is a file that no row knows`,
    remedy: 'delete the file',
    repair: async () => {
      if (await consistency.knows(key)) return false;
      await images.delete(key);
      return true;
    },
  };
}

async function* blobFindings(
  listed: CheckedBlob,
  hasFile: boolean,
  options: CompareOptions,
): AsyncIterable<Finding> {
  const { consistency, images, unfinishedBefore } = options;
  if (listed.state === 'live' && listed.referenced && hasFile) return;
  if (listed.state !== 'live' && !listed.referenced && listed.announcedAt >= unfinishedBefore) return;
  // The file may have come after the names were read; a live row has it from its first moment to its last.
  const present = hasFile || (await images.has(listed.key));
  const blob = await consistency.blob(listed.key);
  if (blob?.state !== listed.state || blob.referenced !== listed.referenced) return;
  if (blob.referenced && !present) yield lostImage(blob);
  else if (blob.referenced && blob.state !== 'live') yield wrongState(blob, options);
  else if (!blob.referenced) yield leftOver(blob, options);
}

function lostImage({ key }: CheckedBlob): Finding {
  return {
    problem: `${key} is a user's picture, but the file is missing`,
    remedy:
      'restore the file from a backup, or delete the user and register them again; the template is there, so verification works',
  };
}

function wrongState({ key, state }: CheckedBlob, { consistency }: CompareOptions): Finding {
  return {
    problem: `${key} is a user's picture, but marked as ${state}`,
    remedy: 'mark it as live',
    repair: () => consistency.changeState(key, state, 'live'),
  };
}

function leftOver({ key, state }: CheckedBlob, { consistency, blobs, images }: CompareOptions): Finding {
  const states = {
    live: 'belongs to no user',
    pending: 'is left of an interrupted registration',
    deleting: 'is left of an interrupted deletion',
  };
  return {
    problem: `${key} ${states[state]}`,
    remedy: 'delete file and row',
    repair: async () => {
      if (state !== 'deleting' && !(await consistency.changeState(key, state, 'deleting'))) return false;
      return finishDeletion(key, blobs, images);
    },
  };
}

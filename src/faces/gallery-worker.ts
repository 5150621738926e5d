import { workerData } from 'node:worker_threads';
import { serveWorker } from '../threads/serve-worker.js';
import type { Candidate } from './gallery.js';
import { GalleryIndex } from './gallery-index.js';

export interface GalleryWorkerData {
  /** Values of one template. */
  readonly dimension: number;
  /** Cores that one search may use. */
  readonly threads: number;
}

/** Templates side by side: the vector of `templateIds[i]` starts at `vectors[i * dimension]`. */
export interface TemplateBatch {
  readonly templateIds: readonly string[];
  readonly userIds: readonly string[];
  readonly vectors: Float32Array;
}

export interface GallerySearch {
  readonly probe: Float32Array;
  readonly userId: string;
}

export interface ClosestSearch {
  readonly probe: Float32Array;
  readonly count: number;
}

const { dimension, threads } = workerData as GalleryWorkerData;
const indexReady = GalleryIndex.create(dimension, threads);
// Reported by every call that awaits the index.
indexReady.catch(() => undefined);

async function add({ templateIds, userIds, vectors }: TemplateBatch): Promise<number> {
  const index = await indexReady;
  for (const [place, templateId] of templateIds.entries()) {
    const userId = userIds[place];
    if (userId === undefined) throw new Error('A batch of templates names fewer users than templates.');
    index.add(templateId, userId, vectors.subarray(place * dimension, (place + 1) * dimension));
  }
  return index.size;
}

async function remove(templateIds: readonly string[]): Promise<number> {
  const index = await indexReady;
  for (const templateId of templateIds) index.remove(templateId);
  return index.size;
}

async function bestOther({ probe, userId }: GallerySearch): Promise<Candidate | null> {
  return (await indexReady).bestOther(probe, userId);
}

async function closest({ probe, count }: ClosestSearch): Promise<Candidate[]> {
  return (await indexReady).closest(probe, count);
}

serveWorker({ add, remove, bestOther, closest });

import { workerData } from 'node:worker_threads';
import { serveWorker } from '../threads/serve-worker.js';
import type { Candidate } from './gallery.js';
import { GalleryIndex, type TemplateBatch } from './gallery-index.js';

export interface GalleryWorkerData {
  /** Values of one template. */
  readonly dimension: number;
  /** Cores that one search may use. */
  readonly threads: number;
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

async function add(batch: TemplateBatch): Promise<number> {
  const index = await indexReady;
  index.add(batch);
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

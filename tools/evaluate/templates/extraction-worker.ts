import { readFile } from 'node:fs/promises';
import { workerData } from 'node:worker_threads';
import { createFacePipeline, type FacePipelineOptions } from '../../../src/faces/face-pipeline.js';
import { ServiceError } from '../../../src/errors.js';

/** A unit vector, or the code of the refusal. */
export type Extraction = { readonly template: Float32Array } | { readonly failure: string };

const pipelineReady = createFacePipeline(workerData as FacePipelineOptions);
// A failure is reported by every job that awaits the pipeline; without this the thread would end before the first.
pipelineReady.catch(() => undefined);

/** Reads a picture and takes the face nearest to its centre, as the data sets say that it is meant. */
export default async function extract(path: string): Promise<Extraction> {
  const pipeline = await pipelineReady;
  try {
    return { template: (await pipeline.extract(await readFile(path), 'centre')).template };
  } catch (error) {
    if (error instanceof ServiceError) return { failure: error.code };
    throw error;
  }
}

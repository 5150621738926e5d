import { workerData } from 'node:worker_threads';
import { ServiceError, type ErrorCode } from '../errors.js';
import { createFacePipeline, type FacePipelineOptions } from './face-pipeline.js';
import type { ExtractedFace } from './face-service.js';
import { StageClock, type StageTimes } from './stage-clock.js';

/** Errors lose their class between threads, so refusals travel as values; so do faults, to tell them from a lost thread. */
export type FaceWorkerAnswer = { readonly times: StageTimes } & (
  | { readonly face: ExtractedFace }
  | { readonly refusal: { readonly code: ErrorCode; readonly message: string } }
  | { readonly fault: unknown }
);

const pipelineReady = createFacePipeline(workerData as FacePipelineOptions);
// A failure is reported by every job that awaits the pipeline; without this the thread would end before the first.
pipelineReady.catch(() => undefined);

/** One job: the picture's bytes, or null to find out whether the models are loaded. */
export default async function extractFace(bytes: Uint8Array | null): Promise<FaceWorkerAnswer | null> {
  const clock = new StageClock();
  const { times } = clock;
  try {
    const pipeline = await pipelineReady;
    if (bytes === null) return null;
    return { face: await pipeline.extract(bytes, 'dominant', clock), times };
  } catch (error) {
    if (error instanceof ServiceError)
      return { refusal: { code: error.code, message: error.message }, times };
    return { fault: error, times };
  }
}

import '../onnx/no-telemetry.js';
import { Piscina } from 'piscina';
import { ServiceError } from '../errors.js';
import { compiledFile } from '../project-root.js';
import { smallYoungGeneration } from '../threads/small-young-generation.js';
import { BoundedQueue } from '../threads/bounded-queue.js';
import type { FacePipelineOptions } from './face-pipeline.js';
import type { ExtractedFace, ExtractOptions, FaceService } from './face-service.js';
import type { FaceWorkerAnswer } from './face-worker.js';
import { pipelineStages, type FaceStage } from './stage-clock.js';

export interface FacePoolOptions {
  /** Threads; each holds one copy of the models. */
  workers: number;
  /** Pictures that may wait for a free thread. */
  queue: number;
  pipeline: FacePipelineOptions;
  /**
   * Milliseconds after which a picture under work is given up as UNAVAILABLE; its thread stays taken until it is done.
   * @default 30_000
   */
  jobTimeoutMs?: number;
  /**
   * Milliseconds after which a silent thread counts as hung, and is ended and replaced. Long, because ending a thread
   * inside a model's run aborts the whole process: the native binding throws where nobody can catch.
   * @default 600_000
   */
  hungAfterMs?: number;
  /** Called with the reason when a thread failed between two jobs; a job whose thread is lost rejects itself. */
  onThreadLost?: (reason: unknown) => void;
  /** Called once for every thread that ended without having been asked to, for any reason; it is replaced. */
  onThreadEnd?: () => void;
  /** Called with the time that one picture spent in a stage, in milliseconds; also for refused pictures. */
  onStage?: (stage: FaceStage, durationMs: number) => void;
}

/** The face pipeline on worker threads behind a bounded queue. */
export class FacePool implements FaceService {
  readonly #threads: Piscina<Uint8Array | null, FaceWorkerAnswer | null>;
  readonly #queue: BoundedQueue;
  readonly #jobTimeoutMs: number;
  readonly #hungAfterMs: number;
  readonly #onStage: FacePoolOptions['onStage'];
  readonly #jobs = new Set<Promise<unknown>>();
  #closing = false;

  constructor(options: FacePoolOptions) {
    this.#onStage = options.onStage;
    this.#jobTimeoutMs = options.jobTimeoutMs ?? 30_000;
    this.#hungAfterMs = options.hungAfterMs ?? 600_000;
    this.#queue = new BoundedQueue(options.workers, options.queue);
    this.#threads = new Piscina({
      filename: compiledFile('src/faces/face-worker.ts'),
      minThreads: options.workers,
      maxThreads: options.workers,
      // Blocking the thread between jobs would hold back the decoder's clean-up.
      atomics: 'disabled',
      resourceLimits: smallYoungGeneration,
      workerData: options.pipeline,
    });
    this.#threads.on('error', (reason: unknown) => options.onThreadLost?.(reason));
    this.#threads.on('workerDestroy', () => {
      if (!this.#closing) options.onThreadEnd?.();
    });
  }

  /** Pictures waiting for a thread. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** Pictures being worked on. */
  get running(): number {
    return this.#queue.running;
  }

  /** Threads alive. */
  get threads(): number {
    return this.#threads.threads.length;
  }

  /** Resolves when every thread has loaded its models. @throws why the models could not be loaded. */
  async ready(): Promise<void> {
    const loading = Array.from({ length: this.#queue.slots }, () => this.#keptOpen(this.#threads.run(null)));
    for (const answer of await Promise.all(loading)) {
      if (answer !== null && 'fault' in answer) throw answer.fault;
    }
  }

  /** Rejects when no thread is alive to take a picture. */
  ping(): Promise<void> {
    if (this.threads > 0) return Promise.resolve();
    return Promise.reject(new Error('No face worker is running.'));
  }

  async extract(bytes: Uint8Array, options: ExtractOptions = {}): Promise<ExtractedFace> {
    const answer = await this.#inTime(bytes, options.signal);
    if ('refusal' in answer) throw new ServiceError(answer.refusal.code, { message: answer.refusal.message });
    if ('fault' in answer) throw answer.fault;
    return answer.face;
  }

  /**
   * Waits for models that are loaded and pictures under work, those given up by their clients included, then ends the
   * threads: ending one inside native code aborts the whole process.
   */
  async close(): Promise<void> {
    await Promise.allSettled(this.#jobs);
    this.#closing = true;
    await this.#threads.destroy();
  }

  #inTime(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<FaceWorkerAnswer> {
    const asked = performance.now();
    return new Promise((resolve, reject) => {
      const job = async (): Promise<void> => {
        this.#onStage?.('queue', performance.now() - asked);
        const limit = setTimeout(() => {
          const cause = new Error(`A picture took longer than ${this.#jobTimeoutMs} ms.`);
          reject(new ServiceError('UNAVAILABLE', { cause }));
        }, this.#jobTimeoutMs);
        try {
          resolve(await this.#work(bytes));
        } finally {
          clearTimeout(limit);
        }
      };
      this.#queue.run(job, signal).catch(reject);
    });
  }

  async #work(bytes: Uint8Array): Promise<FaceWorkerAnswer> {
    const signal = AbortSignal.timeout(this.#hungAfterMs);
    const answer = await this.#keptOpen(this.#threads.run(bytes, { signal })).catch((cause: unknown) => {
      throw new ServiceError('UNAVAILABLE', { cause });
    });
    if (answer === null) throw new Error('The face worker gave no answer to a picture.');
    for (const stage of pipelineStages) {
      const durationMs = answer.times[stage];
      if (durationMs !== undefined) this.#onStage?.(stage, durationMs);
    }
    return answer;
  }

  /** Work in a thread, which `close` waits for. */
  async #keptOpen<Answer>(job: Promise<Answer>): Promise<Answer> {
    this.#jobs.add(job);
    try {
      return await job;
    } finally {
      this.#jobs.delete(job);
    }
  }
}

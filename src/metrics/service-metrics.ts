import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { ErrorCode } from '../errors.js';
import type { FaceStage } from '../faces/stage-clock.js';

/** Seconds; pictures take hundredths to seconds, a long queue up to a minute. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Seconds; a look-up takes less than a millisecond, a large crafted picture seconds. */
const stageBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Parts of the work on a request that are timed: those of the face workers, and the calls of what they wait for. */
export type Stage = FaceStage | 'search' | 'database' | 'image_store';

/** How a verification that came to an answer ended. */
export type Decision = 'verified' | 'refused' | 'refused_somebody_else';

/** Read when the metrics are fetched. */
export interface PoolState {
  readonly waiting: number;
  readonly running: number;
  readonly threads: number;
}

/**
 * What operators may know of the service. Nobody's id, address, key or score is in it: every label value comes from a
 * set that the program, not a client, decides.
 */
export class ServiceMetrics {
  readonly registry = new Registry();

  readonly #operations = this.#counter<'operation' | 'interface' | 'outcome'>(
    'face_operations_total',
    'Operations by GraphQL field, also for REST, and by outcome: ok or the code of the failure.',
    ['operation', 'interface', 'outcome'],
  );
  readonly #operationSeconds = this.#histogram<'operation' | 'interface'>(
    'face_operation_duration_seconds',
    'Time of operations, from the first byte of the picture that is read to the result.',
    ['operation', 'interface'],
    durationBuckets,
  );
  readonly httpAnswers = this.#counter<'route' | 'status'>(
    'face_http_answers_total',
    'HTTP answers by route and status; aborted when the client left before the end.',
    ['route', 'status'],
  );
  readonly #verifications = this.#counter<'decision'>(
    'face_verifications_total',
    'Decided verifications: verified, refused, or refused_somebody_else when another person was recognised.',
    ['decision'],
  );
  readonly #stageSeconds = this.#histogram<'stage'>(
    'face_stage_duration_seconds',
    'Time of the stages of the work: those on one picture, one search, one database or image store call.',
    ['stage'],
    stageBuckets,
  );
  readonly workersLost = this.#counter<'kind'>(
    'face_workers_lost_total',
    'Threads that ended without being asked to; they are replaced.',
    ['kind'],
  );

  readonly templatesUnopened = this.#counter<'reason'>(
    'face_templates_unopened_total',
    'Templates left out of searches: damaged, or unknown_master_key when this node lacks the key.',
    ['reason'],
  );

  readonly keyHolderFailures = this.#counter<'holder'>(
    'face_key_holder_failures_total',
    'Times that the holder of the master keys could not unwrap them at a start, which waits for it.',
    ['holder'],
  );

  operation(
    labels: { operation: string; interface: 'graphql' | 'rest'; outcome: ErrorCode | 'ok' },
    durationMs: number,
  ): void {
    this.#operations.inc(labels);
    const { operation, interface: by } = labels;
    this.#operationSeconds.observe({ operation, interface: by }, durationMs / 1000);
  }

  decision(decision: Decision): void {
    this.#verifications.inc({ decision });
  }

  stage(stage: Stage, durationMs: number): void {
    this.#stageSeconds.observe({ stage }, durationMs / 1000);
  }

  /** A number that is read each time the metrics are fetched. */
  #watch(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  watchPool(pool: PoolState): void {
    this.#watch('face_queue_waiting', 'Pictures waiting for a face worker.', () => pool.waiting);
    this.#watch('face_queue_running', 'Pictures under work.', () => pool.running);
    this.#watch('face_workers', 'Face workers alive.', () => pool.threads);
  }

  watchGallery(gallery: { readonly size: number; readonly revision: number }): void {
    this.#watch('face_gallery_templates', 'Templates in memory for 1:N search.', () => gallery.size);
    this.#watch(
      'face_gallery_revision',
      'Last change of the database that the gallery holds; nodes differ until their next search.',
      () => gallery.revision,
    );
  }

  watchClock(clock: { readonly differenceSeconds: number }): void {
    this.#watch(
      'face_clock_difference_seconds',
      "How far this node's clock is ahead of the database's.",
      () => clock.differenceSeconds,
    );
  }

  watchUploads(memory: { readonly used: number }): void {
    this.#watch('face_upload_bytes', 'Memory that pictures of unfinished requests take.', () => memory.used);
  }

  /** The process itself: processor, memory, handles, garbage collection, delay of the event loop. */
  watchProcess(version: string): void {
    collectDefaultMetrics({ register: this.registry });
    new Gauge({
      name: 'face_build_info',
      help: 'Always 1; the version of the program is in the label.',
      labelNames: ['version'],
      registers: [this.registry],
    }).set({ version }, 1);
  }

  #counter<Label extends string = never>(name: string, help: string, labelNames: Label[] = []) {
    return new Counter<Label>({ name, help, labelNames, registers: [this.registry] });
  }

  #histogram<Label extends string>(name: string, help: string, labelNames: Label[], buckets: number[]) {
    return new Histogram<Label>({ name, help, labelNames, buckets, registers: [this.registry] });
  }
}

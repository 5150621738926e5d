import type { Logger } from 'pino';
import type { ClockWatch } from '../database/clock-watch.js';
import type { Database } from '../database/database.js';
import type { Counters } from '../limits/counters.js';
import { sweepBlobs } from '../storage/blob-sweeper.js';
import { expireImages } from '../storage/expire-images.js';
import type { ImageStore } from '../storage/image-store.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** A registration still pending after this time belongs to a process that died. */
const PENDING_LIMIT_MS = 60 * MINUTE_MS;

/** Longest time that remnants of deleted rows stay in unused parts of the database's files. */
const REMNANTS_KEPT_MS = DAY_MS;

/** A gallery that was out of touch for longer loads everything again. */
const GALLERY_CHANGES_KEPT_MS = 7 * DAY_MS;

/** How long a client may repeat an operation under its key. */
const RECEIPTS_KEPT_MS = DAY_MS;

/** Rows deleted by one transaction: 10 ms of the embedded database with five million entries; 1000 took up to 500 ms. */
const SLICE = 250;

/** How long one task may delete slices in one round; the next round goes on. */
const TASK_BUDGET_MS = MINUTE_MS;

/** Longer than a round of all tasks takes. */
const LEASE_SECONDS = 900;

export interface HousekeepingOptions {
  readonly database: Pick<
    Database,
    'blobs' | 'gallery' | 'auditLog' | 'receipts' | 'removeRemnants' | 'lease'
  >;
  readonly clock: Pick<ClockWatch, 'trustedNow'>;
  readonly images: ImageStore;
  readonly counters?: Pick<Counters, 'removeExpired'>;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  /**
   * Days that users' pictures are kept, 0 for not at all.
   * @default for good
   */
  readonly imageRetentionDays?: number | undefined;
  /**
   * Days that entries of the audit log are kept.
   * @default for good
   */
  readonly auditRetentionDays?: number | undefined;
  /** @default 5 minutes */
  readonly intervalMs?: number;
}

interface Task {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/**
 * Finishes what crashes and failures left behind and deletes what is old, by the database's clock: now and then, on one
 * node, never twice at a time.
 */
export class Housekeeping {
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(private readonly options: HousekeepingOptions) {}

  /**
   * For a database that only this process uses: whatever is pending before the first registration belongs to a
   * process that died. Deletes those files, then starts the regular rounds.
   * @throws when the database does not answer.
   */
  async startAlone(): Promise<void> {
    await this.#sweep(new Date(8.64e15));
    this.start();
  }

  start(): void {
    this.#timer = setTimeout(
      () => {
        this.#round = this.#runRound().finally(() => {
          if (this.#timer !== undefined) this.start();
        });
      },
      this.options.intervalMs ?? 5 * MINUTE_MS,
    );
    this.#timer.unref();
  }

  /** Resolves when a round under way has ended, which is after its current slice. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#round;
    await this.#attempt('lease', async () => this.options.database.lease?.release());
  }

  async #runRound(): Promise<void> {
    await this.#attempt('round', async () => {
      const { database, clock } = this.options;
      // Every node looks at its clock, also those that leave the work to another one.
      const now = await clock.trustedNow();
      if (database.lease && !(await database.lease.hold(LEASE_SECONDS))) return;
      const tasks = now === null ? [this.#expiredCounters()] : this.#tasks(now);
      for (const task of tasks) if (!this.#stopping) await this.#attempt(task.name, task.run);
    });
  }

  /** One that fails keeps no other from being done. */
  async #attempt(task: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.options.logger.error({ err: error, task }, 'housekeeping failed and will be tried again');
    }
  }

  #tasks(now: Date): Task[] {
    const { database, images, logger, imageRetentionDays, auditRetentionDays } = this.options;
    const { gallery, auditLog, blobs, receipts } = database;
    const before = (ageMs: number) => new Date(now.getTime() - ageMs);
    return [
      { name: 'unfinished images', run: () => this.#sweep(before(PENDING_LIMIT_MS)) },
      {
        name: 'image retention',
        run: async () => {
          if (imageRetentionDays === undefined) return;
          const files = await expireImages(blobs, images, before(imageRetentionDays * DAY_MS));
          if (files > 0) logger.info({ files }, 'deleted pictures that were kept for the time set');
        },
      },
      {
        name: 'audit retention',
        run: async () => {
          if (auditRetentionDays === undefined) return;
          const due = before(auditRetentionDays * DAY_MS);
          await this.#inSlices((first) => auditLog.forget(due, first));
        },
      },
      this.#expiredCounters(),
      {
        name: 'receipts',
        run: () => this.#inSlices((first) => receipts.forget(before(RECEIPTS_KEPT_MS), first)),
      },
      {
        name: 'remnants',
        // Before changes are forgotten: a database may learn from them what was deleted.
        run: async () => {
          if (await database.removeRemnants?.(before(REMNANTS_KEPT_MS)))
            logger.info('removed remnants of deleted rows from the database files');
        },
      },
      {
        name: 'gallery changes',
        run: () => this.#inSlices((first) => gallery.forgetChanges(before(GALLERY_CHANGES_KEPT_MS), first)),
      },
    ];
  }

  #expiredCounters(): Task {
    const { counters } = this.options;
    return { name: 'expired counters', run: async () => counters?.removeExpired() };
  }

  /** Deletes slice after slice until nothing is due, the time is up or the service stops. */
  async #inSlices(deleteSlice: (first: number) => Promise<number>): Promise<void> {
    const end = performance.now() + TASK_BUDGET_MS;
    while (!this.#stopping && performance.now() < end) if ((await deleteSlice(SLICE)) === 0) return;
  }

  async #sweep(pendingBefore: Date): Promise<void> {
    const { database, images, logger } = this.options;
    const { finished, failures } = await sweepBlobs(database.blobs, images, pendingBefore);
    if (finished > 0) logger.info({ files: finished }, 'deleted image files left by interrupted requests');
    for (const error of failures) logger.error({ err: error }, 'an image file could not be deleted yet');
  }
}

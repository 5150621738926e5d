import type { Logger } from 'pino';
import type { Counters } from '../limits/counters.js';
import type { ImageStore } from '../storage/image-store.js';
import { sweepBlobs } from '../storage/blob-sweeper.js';
import { expireImages } from '../storage/expire-images.js';
import type { Database } from '../database/database.js';

const MINUTE_MS = 60_000;

/** A registration still pending after this time belongs to a process that died. */
const PENDING_LIMIT_MS = 60 * MINUTE_MS;

/** Longest time that remnants of deleted rows stay in unused parts of the database's files. */
const REMNANTS_KEPT_MS = 24 * 60 * MINUTE_MS;

function daysAgo(days: number): Date {
  return new Date(Date.now() - days * 24 * 60 * MINUTE_MS);
}

/** A gallery that was out of touch for longer loads everything again. */
const GALLERY_CHANGES_KEPT_MS = 7 * 24 * 60 * MINUTE_MS;

export interface HousekeepingOptions {
  readonly database: Pick<Database, 'blobs' | 'gallery' | 'auditLog' | 'removeRemnants'>;
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

/** Finishes what crashes and failures left behind: now and then, never twice at a time. */
export class Housekeeping {
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();

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

  /** Resolves when a round under way has ended. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#round;
  }

  async #runRound(): Promise<void> {
    try {
      await this.#sweep(new Date(Date.now() - PENDING_LIMIT_MS));
      const { database, counters, logger } = this.options;
      await this.#applyRetention();
      await counters?.removeExpired();
      // Before changes are forgotten: a database may learn from them what was deleted.
      if (await database.removeRemnants?.(new Date(Date.now() - REMNANTS_KEPT_MS)))
        logger.info('removed remnants of deleted rows from the database files');
      await database.gallery.forgetChanges(new Date(Date.now() - GALLERY_CHANGES_KEPT_MS));
    } catch (error) {
      this.options.logger.error({ err: error }, 'housekeeping failed and will be tried again');
    }
  }

  async #applyRetention(): Promise<void> {
    const { database, images, logger, imageRetentionDays, auditRetentionDays } = this.options;
    if (imageRetentionDays !== undefined) {
      const files = await expireImages(database.blobs, images, daysAgo(imageRetentionDays));
      if (files > 0) logger.info({ files }, 'deleted pictures that were kept for the time set');
    }
    if (auditRetentionDays !== undefined) await database.auditLog.forget(daysAgo(auditRetentionDays));
  }

  async #sweep(pendingBefore: Date): Promise<void> {
    const { database, images, logger } = this.options;
    const { finished, failures } = await sweepBlobs(database.blobs, images, pendingBefore);
    if (finished > 0) logger.info({ files: finished }, 'deleted image files left by interrupted requests');
    for (const error of failures) logger.error({ err: error }, 'an image file could not be deleted yet');
  }
}

import type { Logger } from 'pino';

/** A difference that no network explains. */
const MOST_DIFFERENCE_MS = 300_000;

export interface ClockWatchOptions {
  /** The database's clock. */
  readonly databaseNow: () => Promise<Date>;
  /** Milliseconds. @default the clock of this node */
  readonly ownNow?: () => number;
  readonly logger: Pick<Logger, 'error' | 'info'>;
}

/** Compares this node's clock with the database's, which decides what is old enough to be deleted. */
export class ClockWatch {
  #differenceMs = 0;
  readonly #ownNow: () => number;

  constructor(private readonly options: ClockWatchOptions) {
    this.#ownNow = options.ownNow ?? Date.now;
  }

  /** How far this node's clock is ahead of the database's, in seconds, at the last look. */
  get differenceSeconds(): number {
    return Math.round(this.#differenceMs / 1000);
  }

  /** Whether one of the two clocks must be wrong. */
  get wrong(): boolean {
    return Math.abs(this.#differenceMs) > MOST_DIFFERENCE_MS;
  }

  /** @returns the database's time; null when one of the clocks is wrong, so that nothing may be deleted for its age. */
  async trustedNow(): Promise<Date | null> {
    const asked = this.#ownNow();
    const now = await this.options.databaseNow();
    const wasWrong = this.wrong;
    // Half-way between question and answer.
    this.#differenceMs = (asked + this.#ownNow()) / 2 - now.getTime();
    const { logger } = this.options;
    const seconds = this.differenceSeconds;
    if (this.wrong)
      logger.error(
        { seconds },
        "this node's clock and the database's differ by more than five minutes; nothing is deleted for its age until one of them is set right",
      );
    else if (wasWrong) logger.info({ seconds }, "this node's clock and the database's agree again");
    return this.wrong ? null : now;
  }
}

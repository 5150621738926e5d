import type { Logger } from 'pino';
import type { Count, Counters, Lifetime } from './counters.js';

/** How long shared counters that failed are left alone, so that requests do not wait for them in turn. */
const PAUSE_MS = 5_000;

export interface InsuredCountersOptions {
  readonly shared: Counters;
  /** Counts on this node alone while the shared ones are away. */
  readonly insurance: Counters;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
  /** Milliseconds. @default the clock of the system */
  readonly now?: () => number;
}

/** Counters that all nodes share as long as they can be reached, and never fail. */
export class InsuredCounters implements Counters {
  #awayUntilMs: number | null = null;
  readonly #now: () => number;

  constructor(private readonly options: InsuredCountersOptions) {
    this.#now = options.now ?? Date.now;
  }

  add(key: string, points: number, lifetime: Lifetime): Promise<Count> {
    return this.#insured((counters) => counters.add(key, points, lifetime));
  }

  find(keys: readonly string[]): Promise<(Count | null)[]> {
    return this.#insured((counters) => counters.find(keys));
  }

  async remove(key: string): Promise<void> {
    await this.options.insurance.remove(key);
    await this.#insured((counters) => counters.remove(key));
  }

  async removeGroup(prefix: string): Promise<void> {
    await this.options.insurance.removeGroup(prefix);
    await this.#insured((counters) => counters.removeGroup(prefix));
  }

  async removeExpired(): Promise<void> {
    await this.options.insurance.removeExpired();
    await this.#insured((counters) => counters.removeExpired());
  }

  async #insured<Result>(work: (counters: Counters) => Promise<Result>): Promise<Result> {
    const { shared, insurance, logger } = this.options;
    if (this.#awayUntilMs !== null && this.#now() < this.#awayUntilMs) return work(insurance);
    try {
      const result = await work(shared);
      if (this.#awayUntilMs !== null) logger.info('the counters of all nodes work again');
      this.#awayUntilMs = null;
      return result;
    } catch (error) {
      if (this.#awayUntilMs === null)
        logger.warn({ err: error }, 'the counters of all nodes cannot be reached; this node counts alone');
      this.#awayUntilMs = this.#now() + PAUSE_MS;
      return work(insurance);
    }
  }
}

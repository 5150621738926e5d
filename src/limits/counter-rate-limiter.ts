import { RateLimiterRes } from 'rate-limiter-flexible';
import RateLimiterStoreAbstract from 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js';
import type { Count, Counters } from './counters.js';

export interface CounterRateLimiterOptions {
  readonly counters: Counters;
  /** Most points that one key can consume in a window, 1 or more. */
  readonly points: number;
  readonly windowSeconds: number;
}

/**
 * Fixed windows over our own counters. The methods with an underscore are what the library asks of a store
 * (https://github.com/animir/node-rate-limiter-flexible/blob/v11.4.0/lib/RateLimiterStoreAbstract.js).
 */
export class CounterRateLimiter extends RateLimiterStoreAbstract {
  readonly #counters: Counters;

  constructor({ counters, points, windowSeconds }: CounterRateLimiterOptions) {
    super({
      storeClient: counters,
      keyPrefix: '',
      points,
      duration: windowSeconds,
      // A client over its limit costs no more work on the counters until its window ends.
      inMemoryBlockOnConsumed: points + 1,
    });
    this.#counters = counters;
  }

  _upsert(key: string, points: number, durationMs: number, forceExpire: boolean): Promise<Count> {
    return this.#counters.add(key, points, { durationMs, from: forceExpire ? 'last' : 'first' });
  }

  async _get(key: string): Promise<Count | null> {
    const [count = null] = await this.#counters.find([key]);
    return count;
  }

  async _delete(key: string): Promise<boolean> {
    await this.#counters.remove(key);
    return true;
  }

  _getRateLimiterRes(_key: string, changedPoints: number, { points, remainingMs }: Count): RateLimiterRes {
    return new RateLimiterRes(
      Math.max(0, this.points - points),
      remainingMs,
      points,
      points === changedPoints,
    );
  }
}

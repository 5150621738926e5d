import { RateLimiterRes } from 'rate-limiter-flexible';
import { ServiceError } from '../errors.js';
import { counterKey } from './counter-key.js';
import { CounterRateLimiter } from './counter-rate-limiter.js';
import type { Counters } from './counters.js';

const windowSeconds = 60;

/** Loans are dropped when there are more; a client that had one takes the next. */
const maxLoans = 10_000;

export interface RequestRateOptions {
  /** Begins the keys of the counters. */
  readonly kind: string;
  /** 0: no limit. */
  readonly perMinute: number;
  readonly counters: Counters;
  /**
   * Requests that are counted in one go. More than 1 spares the counters work, and lets a client be stopped up to
   * as many requests early for each node.
   * @default 1
   */
  readonly block?: number;
}

interface Loan {
  left: number;
  readonly until: number;
}

/** Bounds the requests that one client may make in a minute. */
export class RequestRate {
  readonly #limiter: CounterRateLimiter | null;
  readonly #kind: string;
  readonly #block: number;
  readonly #loans = new Map<string, Loan>();
  readonly #borrowing = new Map<string, Promise<void>>();

  constructor({ kind, perMinute, counters, block = 1 }: RequestRateOptions) {
    this.#limiter =
      perMinute === 0 ? null : new CounterRateLimiter({ counters, points: perMinute, windowSeconds });
    this.#kind = kind;
    this.#block = block;
  }

  /** Counts one request. @throws ServiceError RATE_LIMITED. */
  async count(client: string): Promise<void> {
    if (this.#limiter === null) return;
    const key = counterKey(this.#kind, client);
    if (this.#block === 1) {
      await consume(this.#limiter, key, 1);
      return;
    }
    for (;;) {
      const loan = this.#loans.get(key);
      if (loan !== undefined && loan.left > 0 && performance.now() < loan.until) {
        loan.left -= 1;
        return;
      }
      await this.#borrowOnce(key, this.#limiter);
    }
  }

  /** Requests that arrive together share one loan. */
  #borrowOnce(key: string, limiter: CounterRateLimiter): Promise<void> {
    const borrowing =
      this.#borrowing.get(key) ??
      this.#borrow(key, limiter).finally(() => {
        this.#borrowing.delete(key);
      });
    this.#borrowing.set(key, borrowing);
    return borrowing;
  }

  async #borrow(key: string, limiter: CounterRateLimiter): Promise<void> {
    const windowMs = await consume(limiter, key, this.#block);
    if (this.#loans.size >= maxLoans) this.#loans.clear();
    this.#loans.set(key, { left: this.#block, until: performance.now() + windowMs });
  }
}

/** @returns milliseconds until the window ends. @throws ServiceError RATE_LIMITED. */
async function consume(limiter: CounterRateLimiter, key: string, points: number): Promise<number> {
  try {
    return (await limiter.consume(key, points)).msBeforeNext;
  } catch (reason) {
    if (!(reason instanceof RateLimiterRes)) throw reason;
    throw new ServiceError('RATE_LIMITED', { retryAfterSeconds: Math.ceil(reason.msBeforeNext / 1000) });
  }
}

import { counterKey } from './counter-key.js';
import type { Counters } from './counters.js';
import { FixedWindow } from './fixed-window.js';

const WINDOW_SECONDS = 60;

/** Loans are dropped when there are more; a client that had one takes the next. */
const MAX_LOANS = 10_000;

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
  readonly #window: FixedWindow | null;
  readonly #kind: string;
  readonly #block: number;
  readonly #loans = new Map<string, Loan>();
  readonly #borrowing = new Map<string, Promise<void>>();

  constructor({ kind, perMinute, counters, block = 1 }: RequestRateOptions) {
    this.#window =
      perMinute === 0
        ? null
        : new FixedWindow({ counters, points: perMinute, windowSeconds: WINDOW_SECONDS });
    this.#kind = kind;
    this.#block = block;
  }

  /** Counts one request. @throws ServiceError RATE_LIMITED. */
  async count(client: string): Promise<void> {
    if (this.#window === null) return;
    const key = counterKey(this.#kind, client);
    if (this.#block === 1) {
      await this.#window.consume(key, 1);
      return;
    }
    for (;;) {
      const loan = this.#loans.get(key);
      if (loan !== undefined && loan.left > 0 && performance.now() < loan.until) {
        loan.left -= 1;
        return;
      }
      await this.#borrowOnce(key, this.#window);
    }
  }

  /** Requests that arrive together share one loan. */
  #borrowOnce(key: string, window: FixedWindow): Promise<void> {
    const borrowing =
      this.#borrowing.get(key) ??
      this.#borrow(key, window).finally(() => {
        this.#borrowing.delete(key);
      });
    this.#borrowing.set(key, borrowing);
    return borrowing;
  }

  async #borrow(key: string, window: FixedWindow): Promise<void> {
    const windowMs = await window.consume(key, this.#block);
    if (this.#loans.size >= MAX_LOANS) this.#loans.clear();
    this.#loans.set(key, { left: this.#block, until: performance.now() + windowMs });
  }
}

import { ServiceError } from '../errors.js';
import type { Counters } from './counters.js';

/** Blocked keys are dropped when there are more; the counters then refuse them again. */
const MAX_BLOCKED = 10_000;

export interface FixedWindowOptions {
  readonly counters: Counters;
  /** Most points that one key can consume in a window, 1 or more. */
  readonly points: number;
  readonly windowSeconds: number;
}

/** Bounds what one key can consume in each window; a window begins with the first consumption. */
export class FixedWindow {
  /** When the window of a key over its limit ends: until then the key costs no more work on the counters. */
  readonly #blockedUntil = new Map<string, number>();

  constructor(private readonly options: FixedWindowOptions) {}

  /** @returns milliseconds until the window ends. @throws ServiceError RATE_LIMITED. */
  async consume(key: string, points: number): Promise<number> {
    const { counters, points: most, windowSeconds } = this.options;
    this.#refuseBlocked(key);
    const count = await counters.add(key, points, { durationMs: windowSeconds * 1000, from: 'first' });
    if (count.points <= most) return count.remainingMs;
    if (this.#blockedUntil.size >= MAX_BLOCKED) this.#blockedUntil.clear();
    this.#blockedUntil.set(key, performance.now() + count.remainingMs);
    throw rateLimited(count.remainingMs);
  }

  #refuseBlocked(key: string): void {
    const until = this.#blockedUntil.get(key);
    if (until === undefined) return;
    const remainingMs = until - performance.now();
    if (remainingMs > 0) throw rateLimited(remainingMs);
    this.#blockedUntil.delete(key);
  }
}

function rateLimited(remainingMs: number): ServiceError {
  return new ServiceError('RATE_LIMITED', { retryAfterSeconds: Math.ceil(remainingMs / 1000) });
}

import type { Count, Counters, Lifetime } from './counters.js';

interface Entry {
  points: number;
  expiresAtMs: number;
}

/** How many of the longest untouched counters are compared when one has to go. */
const CANDIDATES = 16;

export interface MemoryCountersOptions {
  /** @default 100000, about 30 MB */
  readonly maxCounters?: number;
  /** Milliseconds since 1970. @default the clock of the system */
  readonly now?: () => number;
}

/** Counters of this process alone, in bounded memory. */
export class MemoryCounters implements Counters {
  /** Those touched last are last. */
  readonly #entries = new Map<string, Entry>();
  readonly #maxCounters: number;
  readonly #now: () => number;

  constructor({ maxCounters = 100_000, now = Date.now }: MemoryCountersOptions = {}) {
    this.#maxCounters = maxCounters;
    this.#now = now;
  }

  get size(): number {
    return this.#entries.size;
  }

  add(key: string, points: number, { durationMs, from }: Lifetime): Promise<Count> {
    const now = this.#now();
    const known = this.#known(key, now);
    const entry = {
      points: (known?.points ?? 0) + points,
      expiresAtMs: known !== undefined && from === 'first' ? known.expiresAtMs : now + durationMs,
    };
    this.#entries.delete(key);
    if (this.#entries.size >= this.#maxCounters) this.#makeRoom(now);
    this.#entries.set(key, entry);
    return Promise.resolve(countOf(entry, now));
  }

  find(keys: readonly string[]): Promise<(Count | null)[]> {
    const now = this.#now();
    return Promise.resolve(
      keys.map((key) => {
        const entry = this.#known(key, now);
        return entry === undefined ? null : countOf(entry, now);
      }),
    );
  }

  remove(key: string): Promise<void> {
    this.#entries.delete(key);
    return Promise.resolve();
  }

  removeGroup(prefix: string): Promise<void> {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key);
    return Promise.resolve();
  }

  removeExpired(): Promise<void> {
    const now = this.#now();
    for (const [key, { expiresAtMs }] of this.#entries) if (expiresAtMs <= now) this.#entries.delete(key);
    return Promise.resolve();
  }

  #known(key: string, now: number): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.expiresAtMs > now ? entry : undefined;
  }

  /** The lowest of the oldest goes: counters that are up to something outlast a flood of new ones. */
  #makeRoom(now: number): void {
    let lowest: { key: string; points: number } | undefined;
    let seen = 0;
    for (const [key, entry] of this.#entries) {
      const points = entry.expiresAtMs <= now ? 0 : entry.points;
      if (lowest === undefined || points < lowest.points) lowest = { key, points };
      seen += 1;
      if (seen === CANDIDATES) break;
    }
    if (lowest !== undefined) this.#entries.delete(lowest.key);
  }
}

function countOf({ points, expiresAtMs }: Entry, now: number): Count {
  return { points, remainingMs: expiresAtMs - now };
}

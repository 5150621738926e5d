/** What a counter says now. */
export interface Count {
  /** 1 or more. */
  readonly points: number;
  /** Milliseconds until the counter is forgotten. */
  readonly remainingMs: number;
}

export interface Lifetime {
  readonly durationMs: number;
  /** From what the duration counts: the addition that began the counter, or the newest one. */
  readonly from: 'first' | 'last';
}

/**
 * Counters that are forgotten after some time. Keys are hashes of what is counted, see `counterKey`; times are
 * relative, since the clocks of nodes differ.
 */
export interface Counters {
  /** Adds to a counter, beginning a new one where there is none or it is forgotten. */
  add(key: string, points: number, lifetime: Lifetime): Promise<Count>;
  /** In the order of the keys; null for what is not counted. */
  find(keys: readonly string[]): Promise<(Count | null)[]>;
  remove(key: string): Promise<void>;
  /** Removes all counters whose keys start like this. */
  removeGroup(prefix: string): Promise<void>;
  /** Makes room: forgotten counters already count for nothing. */
  removeExpired(): Promise<void>;
}

import { BoundedQueue } from '../faces/bounded-queue.js';

/** The verifications of one id. */
export interface AttemptLine {
  /** Those that take place. */
  readonly slots: BoundedQueue;
  /** Those of them that go one by one. */
  readonly single: BoundedQueue;
}

/** Most verifications of one id at a time. */
export const maxAtATime = 4;

/** Most verifications of one id that wait for their turn. */
export const maxWaiting = 64;

/** A line for each id that anybody is being verified as. */
export class AttemptLines {
  readonly #lines = new Map<string, AttemptLine & { users: number }>();

  /** Number of ids with a line. */
  get size(): number {
    return this.#lines.size;
  }

  /** Lends the line of an id to some work. */
  async use<Result>(userId: string, work: (line: AttemptLine) => Promise<Result>): Promise<Result> {
    const line = this.#lines.get(userId) ?? {
      slots: new BoundedQueue(maxAtATime, maxWaiting),
      single: new BoundedQueue(1, maxAtATime),
      users: 0,
    };
    this.#lines.set(userId, line);
    line.users += 1;
    try {
      return await work(line);
    } finally {
      line.users -= 1;
      if (line.users === 0) this.#lines.delete(userId);
    }
  }
}

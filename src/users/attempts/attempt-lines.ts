import { BoundedQueue } from '../../threads/bounded-queue.js';

/** Most guesses at one id at a time. */
const MAX_AT_ATIME = 4;

/** Most guesses at one id that wait for their turn. */
const MAX_WAITING = 64;

/** The guesses at one id. */
export class AttemptLine {
  readonly #queue = new BoundedQueue(MAX_AT_ATIME, MAX_WAITING);
  #underWay = 0;
  #finished = 0;
  #wake: (() => void)[] = [];

  /** Whether the next one has to wait. */
  get full(): boolean {
    return this.#queue.running >= MAX_AT_ATIME;
  }

  /**
   * Runs a guess when it is its turn, beside so few others that all of them may be wrong.
   * @param allowance how many wrong guesses are free now, 0 when each is followed by a delay; rejects during one.
   * @param guess ends only when it is known to the allowance.
   * @throws ServiceError OVERLOADED, CANCELLED, or what the allowance or the guess throws.
   */
  run<Result>(
    allowance: () => Promise<number>,
    guess: () => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    return this.#queue.run(async () => {
      await this.#admit(allowance);
      try {
        return await guess();
      } finally {
        this.#underWay -= 1;
        this.#finished += 1;
        for (const wake of this.#wake.splice(0)) wake();
      }
    }, signal);
  }

  async #admit(allowance: () => Promise<number>): Promise<void> {
    for (;;) {
      const finished = this.#finished;
      const free = await allowance();
      // Another one ended in the meantime: the answer may be of before that.
      if (finished !== this.#finished) continue;
      if (this.#underWay < Math.max(1, free)) break;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    this.#underWay += 1;
  }
}

/** A line for each id that anybody guesses at. */
export class AttemptLines {
  readonly #lines = new Map<string, { readonly line: AttemptLine; users: number }>();

  /** Number of ids with a line. */
  get size(): number {
    return this.#lines.size;
  }

  /** Lends the line of an id to some work. */
  async use<Result>(userId: string, work: (line: AttemptLine) => Promise<Result>): Promise<Result> {
    const entry = this.#lines.get(userId) ?? { line: new AttemptLine(), users: 0 };
    this.#lines.set(userId, entry);
    entry.users += 1;
    try {
      return await work(entry.line);
    } finally {
      entry.users -= 1;
      if (entry.users === 0) this.#lines.delete(userId);
    }
  }
}

import { ServiceError } from '../errors.js';

interface Waiter {
  start(): void;
}

/** Runs a fixed number of jobs at a time, first come first served, and lets a bounded number wait. */
export class BoundedQueue {
  readonly #waiters: Waiter[] = [];
  #running = 0;

  constructor(
    /** Most jobs at a time. */
    readonly slots: number,
    /** Most jobs waiting; one more is refused at once. */
    readonly maxWaiting: number,
  ) {}

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiters.length;
  }

  /**
   * @param signal gives up the place in the queue; a job that has begun runs to its end.
   * @throws ServiceError OVERLOADED when the queue is full, CANCELLED when aborted while waiting.
   */
  async run<Result>(job: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    if (signal?.aborted) throw new ServiceError('CANCELLED');
    if (this.#running < this.slots) this.#running += 1;
    else await this.#wait(signal);
    try {
      return await job();
    } finally {
      const next = this.#waiters.shift();
      // The slot passes straight on, so that a newcomer cannot overtake those who wait.
      if (next === undefined) this.#running -= 1;
      else next.start();
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiters.length >= this.maxWaiting) throw new ServiceError('OVERLOADED');
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(new ServiceError('CANCELLED'));
      };
      const waiter: Waiter = {
        start: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      this.#waiters.push(waiter);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }
}

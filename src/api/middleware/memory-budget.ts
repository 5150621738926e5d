import { ServiceError } from '../../errors.js';

/** What one request holds out of a {@link MemoryBudget}. */
export interface MemoryAccount {
  /** Counts bytes about to be kept. @throws ServiceError OVERLOADED, or CANCELLED once the request is over. */
  take(bytes: number): void;
  /** Gives everything back. */
  close(): void;
}

/**
 * Bounds the memory that the pictures of all unfinished requests take together. Only bytes that have arrived
 * count, so that slow clients cannot reserve it.
 */
export class MemoryBudget {
  #used = 0;

  constructor(private readonly maxBytes: number) {}

  /** Bytes held by all unfinished requests. */
  get used(): number {
    return this.#used;
  }

  open(): MemoryAccount {
    let held = 0;
    let closed = false;
    return {
      take: (bytes) => {
        if (closed) throw new ServiceError('CANCELLED');
        if (this.#used + bytes > this.maxBytes) throw new ServiceError('OVERLOADED');
        this.#used += bytes;
        held += bytes;
      },
      close: () => {
        this.#used -= held;
        held = 0;
        closed = true;
      },
    };
  }
}

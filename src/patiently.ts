import { setTimeout as wait } from 'node:timers/promises';
import { ServiceError } from './errors.js';

export interface Patience {
  /** Most attempts, 1 or more. */
  readonly attempts: number;
  /** Wait after the first failure; doubles with each further one. */
  readonly retryDelayMs: number;
  /** Ends the waiting and further attempts. */
  readonly signal: AbortSignal;
}

/**
 * Does the work, and tries again while it fails with a retryable error.
 * @throws the last failure; AbortError when the signal ends a wait.
 */
export async function patiently<Result>(
  work: () => Promise<Result>,
  { attempts, retryDelayMs, signal }: Patience,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const passing = error instanceof ServiceError && error.retryable;
      if (!passing || attempt === attempts || signal.aborted) throw error;
      await wait(retryDelayMs * 2 ** (attempt - 1), undefined, { signal });
    }
  }
}

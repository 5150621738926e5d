import { setTimeout as wait } from 'node:timers/promises';
import { KeyHolderError } from './key-holder.js';

export interface AwaitHolderOptions {
  /** Ends the waiting. */
  readonly signal: AbortSignal;
  readonly onFailure: (error: KeyHolderError) => void;
  /** Wait after the first failure; doubles with each further one. @default 1000 */
  readonly retryDelayMs?: number;
}

/** A holder that was started again is noticed within this time. */
const LONGEST_DELAY_MS = 30_000;

/**
 * Does the work, again and again while a key holder fails.
 * @throws every other failure; AbortError when the signal ends a wait.
 */
export async function awaitHolder<Result>(
  work: () => Promise<Result>,
  { signal, onFailure, retryDelayMs = 1000 }: AwaitHolderOptions,
): Promise<Result> {
  for (let delay = retryDelayMs; ; delay = Math.min(2 * delay, LONGEST_DELAY_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof KeyHolderError)) throw error;
      onFailure(error);
      await wait(delay, undefined, { signal });
    }
  }
}

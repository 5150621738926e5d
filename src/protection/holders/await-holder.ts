import { setTimeout as wait } from 'node:timers/promises';
import { KeyHolderError } from './key-holder.js';

export interface AwaitHolderOptions {
  /** Ends the waiting, also for a holder that does not answer. */
  readonly signal: AbortSignal;
  readonly onFailure: (error: KeyHolderError) => void;
  /** Wait after the first failure; doubles with each further one. @default 1000 */
  readonly retryDelayMs?: number;
}

/** A holder that was started again is noticed within this time. */
const LONGEST_DELAY_MS = 30_000;

/**
 * Does the work, again and again while a key holder fails.
 * @throws every other failure; AbortError when the signal ends it.
 */
export async function awaitHolder<Result>(
  work: () => Promise<Result>,
  { signal, onFailure, retryDelayMs = 1000 }: AwaitHolderOptions,
): Promise<Result> {
  const ended = new Promise<never>((_, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        reject(new DOMException('The service ends.', 'AbortError'));
      },
      { once: true },
    );
  });
  for (let delay = retryDelayMs; ; delay = Math.min(2 * delay, LONGEST_DELAY_MS)) {
    try {
      signal.throwIfAborted();
      return await Promise.race([work(), ended]);
    } catch (error) {
      if (!(error instanceof KeyHolderError)) throw error;
      onFailure(error);
      await wait(delay, undefined, { signal });
    }
  }
}

import { everyItem } from '../pages.js';
import type { ProtectionRepository } from './protection-repository.js';
import type { Vault } from './vault.js';

const PAGE_SIZE = 256;

export interface RewrapOptions {
  readonly protection: ProtectionRepository;
  readonly vault: Vault;
  /** Ends the work after the key under way. */
  readonly signal: AbortSignal;
  /** Called for each key that cannot be opened; it stays as it is. */
  readonly onFailure: (userId: string, reason: unknown) => void;
  /** Called after each key with the number of those done. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Wraps the keys of all users with the current master key; what they seal stays as it is. What is interrupted goes on
 * the next time.
 * @returns how many keys were wrapped again.
 */
export async function rewrapKeys(options: RewrapOptions): Promise<number> {
  const { protection, vault, signal, onFailure, onProgress } = options;
  const keys = everyItem(
    (after: string | undefined) => protection.keysNotUnder(vault.current.id, { first: PAGE_SIZE, after }),
    ({ userId }) => userId,
  );
  let done = 0;
  for await (const stored of keys) {
    if (signal.aborted) break;
    try {
      const { stored: rewrapped } = vault.unwrap(stored).rewrap(vault.current);
      if (await protection.rewrap(stored, rewrapped)) done += 1;
    } catch (error) {
      onFailure(stored.userId, error);
    }
    onProgress?.(done);
  }
  return done;
}

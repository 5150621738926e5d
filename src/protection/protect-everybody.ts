import { ServiceError } from '../errors.js';
import { everyItem } from '../pages.js';
import type { ProtectionRepository } from './protection-repository.js';
import type { UserProtector } from './user-protector.js';

const PAGE_SIZE = 256;

export interface ProtectEverybodyOptions {
  readonly protection: ProtectionRepository;
  readonly protector: UserProtector;
  /** Ends the work after the user under way. */
  readonly signal: AbortSignal;
  /** Called for each user whose holdings could not be sealed; they stay for the next time. */
  readonly onFailure: (reason: unknown) => void;
  /** Called after each user with the number of those done. */
  readonly onProgress?: (done: number) => void;
}

/**
 * Seals what was stored before anything was protected, user by user. What is interrupted goes on the next time.
 * @returns how many users were sealed.
 */
export async function protectEverybody(options: ProtectEverybodyOptions): Promise<number> {
  const { protection, protector, signal, onFailure, onProgress } = options;
  const users = everyItem(
    (after: string | undefined) => protection.unprotected({ first: PAGE_SIZE, after }),
    (userId) => userId,
  );
  let done = 0;
  for await (const userId of users) {
    if (signal.aborted) break;
    try {
      await protector.protect(userId);
      done += 1;
    } catch (error) {
      // Deleted in the meantime.
      if (!(error instanceof ServiceError) || error.code !== 'USER_NOT_FOUND') onFailure(error);
    }
    onProgress?.(done);
  }
  return done;
}

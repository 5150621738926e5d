import { ServiceError } from '../errors.js';
import type { ProtectionRepository } from './protection-repository.js';
import type { UserProtector } from './user-protector.js';

const pageSize = 256;

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
  let done = 0;
  let after = '';
  while (!signal.aborted) {
    const page = await protection.unprotected({ first: pageSize, after });
    for (const userId of page) {
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
    const last = page.at(-1);
    if (last === undefined) break;
    after = last;
  }
  return done;
}

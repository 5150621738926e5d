import { ServiceError } from '../../errors.js';
import { counterKey } from '../../limits/counter-key.js';
import type { Count, Counters } from '../../limits/counters.js';

/** How long after the last failure all of them are forgotten. */
const FORGOTTEN_AFTER_MS = 3_600_000;

const LONGEST_DELAY_MS = 300_000;

export interface AttemptsOptions {
  readonly counters: Counters;
  /** Failures that one caller has free for each id; 0: failures are not limited. */
  readonly freeFailuresPerCaller: number;
  /** The same for all callers together; 0: no limit. */
  readonly freeFailuresPerUser: number;
}

/**
 * Milliseconds to wait after the last of so many failures: none below `free`, then 1, 2, 4 … seconds, 300 at most.
 */
export function delayAfter(failures: number, free: number): number {
  return failures < free ? 0 : Math.min(LONGEST_DELAY_MS, 1_000 * 2 ** Math.min(failures - free, 20));
}

/** Remembers how often callers failed to pass as a user, whether that user exists or not. */
export class Attempts {
  constructor(private readonly options: AttemptsOptions) {}

  /**
   * @returns how many failures are free still, 0 when each is followed by a delay.
   * @throws ServiceError TOO_MANY_ATTEMPTS during a delay.
   */
  async allowance(userId: string, caller: string): Promise<number> {
    const { counters, freeFailuresPerCaller, freeFailuresPerUser } = this.options;
    const [own = null, all = null] = await counters.find([callerKey(userId, caller), userKey(userId)]);
    const waitMs = Math.max(
      remainingDelay(own, freeFailuresPerCaller),
      remainingDelay(all, freeFailuresPerUser),
    );
    if (waitMs > 0)
      throw new ServiceError('TOO_MANY_ATTEMPTS', { retryAfterSeconds: Math.ceil(waitMs / 1_000) });
    return Math.min(left(own, freeFailuresPerCaller), left(all, freeFailuresPerUser));
  }

  async failed(userId: string, caller: string): Promise<void> {
    const { counters } = this.options;
    const lifetime = { durationMs: FORGOTTEN_AFTER_MS, from: 'last' } as const;
    await Promise.all([
      counters.add(callerKey(userId, caller), 1, lifetime),
      counters.add(userKey(userId), 1, lifetime),
    ]);
  }

  /** Forgets the caller's failures; those of all callers stay, or a person's own successes would free guesses of others. */
  async succeeded(userId: string, caller: string): Promise<void> {
    const { counters } = this.options;
    const [own] = await counters.find([callerKey(userId, caller)]);
    if (own) await counters.remove(callerKey(userId, caller));
  }

  /** Forgets everything about an id. */
  async forget(userId: string): Promise<void> {
    await this.options.counters.removeGroup(userKey(userId));
  }
}

function userKey(userId: string): string {
  return counterKey('attempts', userId);
}

/** Begins with the key for all callers, so that one deletion finds both. */
function callerKey(userId: string, caller: string): string {
  return counterKey('attempts', userId, caller);
}

function remainingDelay(count: Count | null, free: number): number {
  if (count === null || free === 0) return 0;
  return delayAfter(count.points, free) - (FORGOTTEN_AFTER_MS - count.remainingMs);
}

function left(count: Count | null, free: number): number {
  return free === 0 ? Infinity : Math.max(0, free - (count?.points ?? 0));
}

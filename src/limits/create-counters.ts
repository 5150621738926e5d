import type { Logger } from 'pino';
import type { Counters } from './counters.js';
import { InsuredCounters } from './insured-counters.js';
import { MemoryCounters } from './memory-counters.js';

/** Counters in the database where several nodes share one, and in memory otherwise. */
export function createCounters(
  shared: Counters | undefined,
  logger: Pick<Logger, 'warn' | 'info'>,
): Counters {
  const own = new MemoryCounters();
  return shared === undefined ? own : new InsuredCounters({ shared, insurance: own, logger });
}

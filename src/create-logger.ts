import { pino } from 'pino';
import type { DestinationStream, Logger, LoggerOptions } from 'pino';
import { currentRequest } from './api/middleware/request-context.js';

/**
 * One JSON line for each entry. What is logged while a request is worked on, by whichever part, carries the
 * `requestId` of its answer; everything else has none.
 * @param destination where the lines go; standard output by default.
 */
export function createLogger(
  level: NonNullable<LoggerOptions['level']>,
  destination?: DestinationStream,
): Logger {
  const options: LoggerOptions = {
    level,
    mixin: () => {
      const requestId = currentRequest()?.requestId;
      return requestId === undefined ? {} : { requestId };
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

import { DrizzleQueryError } from 'drizzle-orm';
import { ServiceError } from '../../errors.js';

/** A statement that SQLite refused. The message never holds values. */
export class SqliteError extends Error {
  override readonly name = 'SqliteError';

  constructor(
    message: string,
    /** Extended result code, or undefined where the error is not SQLite's. */
    readonly resultCode: number | undefined,
  ) {
    super(message);
  }
}

// https://sqlite.org/rescode.html: BUSY, READONLY, IOERR, FULL, CANTOPEN.
const passingConditions = new Set([5, 8, 10, 13, 14]);

/**
 * What a caller may see of a failed statement. Drizzle's own error carries every parameter in its message,
 * templates and ids included, so only its cause is kept.
 */
export function withoutParameters(error: unknown): unknown {
  const cause = error instanceof DrizzleQueryError ? error.cause : error;
  if (!(cause instanceof SqliteError)) return cause;
  const primaryCode = (cause.resultCode ?? 0) & 0xff;
  return passingConditions.has(primaryCode) ? new ServiceError('UNAVAILABLE', { cause }) : cause;
}

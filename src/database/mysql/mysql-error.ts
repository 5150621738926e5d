import { DrizzleQueryError } from 'drizzle-orm';
import { ServiceError } from '../../errors.js';

/**
 * - `conflict`: the transaction was rolled back for another one's sake; the same again can succeed at once.
 * - `lost`: the connection or its server is of no use any more.
 * - `passing`: the server cannot do it at present.
 * - `duplicate`: a unique key is taken.
 * - `refused`: anything else that a server says no to.
 */
export type MysqlFailure = 'conflict' | 'lost' | 'passing' | 'duplicate' | 'refused';

/**
 * What may be known of a failure: the server's own message quotes values, and the driver's error carries the
 * statement with all its parameters.
 */
export class MysqlError extends Error {
  override readonly name = 'MysqlError';

  constructor(
    /** For example `ER_DUP_ENTRY` or `ECONNREFUSED`. */
    readonly code: string,
    /** Server error number, undefined where no server said anything. */
    readonly errno: number | undefined,
    readonly failure: MysqlFailure,
  ) {
    super(
      errno === undefined
        ? `The database connection failed: ${code}`
        : `The database answered ${code} (${errno})`,
    );
  }
}

// https://mariadb.com/kb/en/mariadb-error-codes/ and https://dev.mysql.com/doc/mysql-errors/8.4/en/
const failures = new Map<number, MysqlFailure>([
  // Deadlock (Galera says it at COMMIT too), lock wait timeout, changed since the snapshot, the row or, by a
  // newer node's migration, the table; group replication's certification failure at COMMIT, a lock that is not waited for.
  ...[1213, 1205, 1020, 1412, 3101, 3572].map((errno) => [errno, 'conflict'] as const),
  // Not a synchronised Galera node, a group replication that does not work, failed commit, shutdown, network, read-only, offline, killed, idle too long.
  ...[
    1047, 3100, 1180, 1053, 1077, 1079, 1080, 1152, 1153, 1158, 1159, 1160, 1161, 1184, 1290, 1836, 1927,
    3032, 3168, 4031,
  ].map((errno) => [errno, 'lost'] as const),
  // Too many connections, out of memory or disk, interrupted, time limits.
  ...[1021, 1037, 1038, 1040, 1041, 1114, 1135, 1203, 1226, 1317, 1969, 3024].map(
    (errno) => [errno, 'passing'] as const,
  ),
  [1062, 'duplicate'],
]);

/** Reduces an error of the driver. */
export function fromDriver(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const errno = 'errno' in error && typeof error.errno === 'number' ? error.errno : 0;
  // Numbers below are the operating system's.
  if (errno >= 1000) return new MysqlError(code ?? 'ER_UNKNOWN', errno, failures.get(errno) ?? 'refused');
  // These messages are of the driver or of TLS: they speak of states and certificates, not of values.
  const telling = code === undefined || code === 'HANDSHAKE_SSL_ERROR';
  return new MysqlError(telling ? error.message : code, undefined, 'lost');
}

/** Takes off what Drizzle puts around an error: the statement with all its parameters. */
export function unwrapped(error: unknown): unknown {
  return error instanceof DrizzleQueryError ? error.cause : error;
}

export function isFailure(error: unknown, failure: MysqlFailure): boolean {
  const cause = unwrapped(error);
  return cause instanceof MysqlError && cause.failure === failure;
}

/** What the callers of the repository get: nothing of the driver's, and UNAVAILABLE for what will pass. */
export function asServiceError(error: unknown): unknown {
  const cause = unwrapped(error);
  if (!(cause instanceof MysqlError)) return cause;
  switch (cause.failure) {
    case 'conflict':
    case 'lost':
    case 'passing':
      return new ServiceError('UNAVAILABLE', { cause });
    case 'duplicate':
    case 'refused':
      return cause;
  }
}

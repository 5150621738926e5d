import { sql } from 'drizzle-orm';
import type { Queries } from '../dialect.js';

/** MariaDB's TIMESTAMP goes to 2106 from here on, on 64-bit machines: https://mariadb.com/kb/en/timestamp/ */
const longTimestamps = [11, 5] as const;

/**
 * Warns while the adopted column `users.timestamp` cannot hold times after 2038-01-19, when every registration would
 * fail.
 * @returns null when it can.
 */
export async function endOfTimestamps(database: Queries): Promise<string | null> {
  const [rows] = await database.execute(
    sql`select version(), data_type from information_schema.columns
        where table_schema = database() and table_name = 'users' and column_name = 'timestamp'`,
  );
  const [[version, type] = []] = rows as unknown as unknown[][];
  if (type !== 'timestamp' || isLong(String(version))) return null;
  return (
    'The column timestamp of the table users ends on 2038-01-19 on this server, and registrations with it. ' +
    'Before then change it to DATETIME, as docs/mysql.md says, or take MariaDB 11.5 or later.'
  );
}

function isLong(version: string): boolean {
  if (!version.includes('MariaDB')) return false;
  const [major = 0, minor = 0] = version
    .replace(/^5\.5\.5-/, '')
    .split('.', 2)
    .map(Number);
  return major > longTimestamps[0] || (major === longTimestamps[0] && minor >= longTimestamps[1]);
}

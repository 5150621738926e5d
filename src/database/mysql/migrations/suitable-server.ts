import type { PlainConnection } from '../mysql-connection.js';

const oldest = { mariadb: [10, 6], mysql: [8, 0, 17] } as const;
const exactCollations = ['utf8mb4_0900_bin', 'utf8mb4_nopad_bin'];

/** @throws Error when the server is older than MySQL 8.0.17 or MariaDB 10.6. */
export async function assertSuitableServer(connection: PlainConnection): Promise<void> {
  const [row] = await connection.rows('SELECT VERSION()');
  const version = String(row?.[0]);
  const kind = version.includes('MariaDB') ? 'mariadb' : 'mysql';
  // MariaDB may put 5.5.5- before its version for the sake of old clients.
  const numbers = version
    .replace(/^5\.5\.5-/, '')
    .split(/[.-]/, 3)
    .map(Number);
  for (const [place, least] of oldest[kind].entries()) {
    const number = numbers[place] ?? 0;
    if (number > least) return;
    if (number < least)
      throw new Error(
        `The database server is ${version}. MySQL 8.0.17 or MariaDB 10.6 is the oldest that can compare ids byte by byte and change tables atomically.`,
      );
  }
}

/** @throws Error when ids that differ would count as equal. */
export async function assertExactIds(connection: PlainConnection): Promise<void> {
  const [row] = await connection.rows(
    `SELECT collation_name FROM information_schema.columns
     WHERE table_schema = DATABASE() AND table_name = 'users' AND column_name = 'id'`,
  );
  const collation = String(row?.[0]);
  if (!exactCollations.includes(collation))
    throw new Error(
      `The column id of the table users has the collation ${collation}, which takes different ids for equal. Give it ${exactCollations.join(' (MySQL) or ')} (MariaDB) again.`,
    );
}

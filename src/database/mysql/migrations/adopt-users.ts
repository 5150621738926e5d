import type { PlainConnection } from '../mysql-connection.js';

const DOCUMENTED =
  'CREATE TABLE users (id VARCHAR(255) PRIMARY KEY, timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP)';

interface Column {
  readonly name: string;
  readonly type: string;
  readonly key: string;
  readonly optional: boolean;
}

/**
 * A database may already have the documented table `users`, with rows; more columns do not matter as long as a row
 * can be inserted without them.
 * @throws Error when there is a table `users` of another kind.
 */
export async function assertAdoptable(connection: PlainConnection): Promise<void> {
  const columns = await readColumns(connection);
  if (columns.length === 0) return;
  const problem = problemOf(columns);
  if (problem === null) return;
  throw new Error(
    `The database has a table users that this program cannot take over: ${problem}. Expected is: ${DOCUMENTED}`,
  );
}

function problemOf(columns: readonly Column[]): string | null {
  const keys = columns.filter(({ key }) => key === 'PRI');
  if (keys.length !== 1 || keys[0]?.name !== 'id') return 'its primary key is not id alone';
  if (!['varchar', 'char'].includes(keys[0].type)) return `its id is ${keys[0].type}`;
  const time = columns.find(({ name }) => name === 'timestamp');
  if (!time || !['timestamp', 'datetime'].includes(time.type))
    return 'it has no column timestamp of that type';
  const required = columns.find((column) => column !== keys[0] && column !== time && !column.optional);
  return required ? `a row needs a value for ${required.name}` : null;
}

async function readColumns(connection: PlainConnection): Promise<Column[]> {
  const rows = await connection.rows(
    `SELECT column_name, data_type, column_key, is_nullable = 'YES' OR column_default IS NOT NULL OR extra <> ''
     FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'users'`,
  );
  return rows.map(([name, type, key, optional]) => ({
    name: String(name).toLowerCase(),
    type: String(type).toLowerCase(),
    key: String(key),
    optional: optional === 1,
  }));
}

import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { KeyDatabase } from '../users/user-repository.js';
import { openMysqlKeys } from './mysql/open-mysql-database.js';
import { openSqliteKeys } from './sqlite/open-sqlite-keys.js';

/** Opens the API keys of the database that the configuration names, whether or not the service runs on it. */
export function openKeys(
  { mysql, dataDir }: Pick<Config, 'mysql' | 'dataDir'>,
  logger: Pick<Logger, 'info' | 'warn'>,
): Promise<KeyDatabase> {
  return mysql === undefined ? openSqliteKeys(dataDir) : openMysqlKeys(mysql, logger);
}

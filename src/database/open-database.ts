import type { Logger } from 'pino';
import type { Config } from '../config/config.js';
import type { Database } from './database.js';
import { openMysqlDatabase } from './mysql/open-mysql-database.js';
import { openSqliteDatabase, type OpenSqliteOptions } from './sqlite/open-sqlite-database.js';

/** Opens the database that the configuration names, creating and migrating it as needed. */
export function openDatabase(
  { mysql, dataDir }: Pick<Config, 'mysql' | 'dataDir'>,
  logger: Pick<Logger, 'info' | 'warn' | 'error'>,
  options: OpenSqliteOptions,
): Promise<Database> {
  if (mysql !== undefined) return openMysqlDatabase({ ...mysql, vault: options.vault }, logger);
  return openSqliteDatabase(dataDir, {
    onThreadLost: (reason) => {
      logger.error({ err: reason }, 'a database thread was lost');
    },
    ...options,
  });
}

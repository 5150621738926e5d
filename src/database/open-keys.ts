import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { FolderInUseError } from '../storage/folder-lock.js';
import type { Database } from '../users/user-repository.js';
import { openDatabase } from './open-database.js';
import { openSqliteKeys } from './sqlite/open-sqlite-keys.js';

/** Opens the keys of the database that the configuration names, whether or not the service runs on it. */
export async function openKeys(
  config: Pick<Config, 'mysql' | 'dataDir'>,
  logger: Pick<Logger, 'info' | 'warn'>,
): Promise<Pick<Database, 'apiKeys' | 'close'>> {
  try {
    return await openDatabase(config, logger);
  } catch (error) {
    if (!(error instanceof FolderInUseError)) throw error;
    return openSqliteKeys(config.dataDir);
  }
}

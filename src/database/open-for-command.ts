import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { Vault } from '../protection/vault.js';
import type { HoldingsDatabase, KeyDatabase } from './database.js';
import { openMysqlSession } from './mysql/open-mysql-database.js';
import { MysqlApiKeyRepository } from './mysql/mysql-api-key-repository.js';
import { MysqlAuditLog } from './mysql/mysql-audit-log.js';
import { MysqlProtection } from './mysql/mysql-protection.js';
import { openBesideService } from './sqlite/open-beside-service.js';
import { SqliteApiKeyRepository } from './sqlite/sqlite-api-key-repository.js';
import { SqliteAuditLog } from './sqlite/sqlite-audit-log.js';
import { SqliteProtection } from './sqlite/sqlite-protection.js';

type DatabaseConfig = Pick<Config, 'mysql' | 'dataDir'>;

/**
 * Opens the API keys and the audit log of the database that the configuration names, whether or not the service runs on
 * it. No master key is needed.
 */
export async function openKeys(
  { mysql, dataDir }: DatabaseConfig,
  logger: Pick<Logger, 'info' | 'warn'>,
): Promise<KeyDatabase> {
  if (mysql !== undefined) {
    const session = await openMysqlSession(mysql, logger);
    return {
      apiKeys: new MysqlApiKeyRepository(session),
      auditLog: new MysqlAuditLog(session),
      close: () => session.close(),
    };
  }
  const { session, close } = await openBesideService(dataDir);
  return { apiKeys: new SqliteApiKeyRepository(session), auditLog: new SqliteAuditLog(session), close };
}

/** Opens what is held about people, as {@link openKeys} does. */
export async function openHoldings(
  { mysql, dataDir }: DatabaseConfig,
  vault: Vault,
  logger: Pick<Logger, 'info' | 'warn'>,
): Promise<HoldingsDatabase> {
  if (mysql !== undefined) {
    const session = await openMysqlSession(mysql, logger);
    return {
      protection: new MysqlProtection(session, vault),
      auditLog: new MysqlAuditLog(session),
      close: () => session.close(),
    };
  }
  const { session, close } = await openBesideService(dataDir);
  return { protection: new SqliteProtection(session, vault), auditLog: new SqliteAuditLog(session), close };
}

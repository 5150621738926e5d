import type { Logger } from 'pino';
import type { Config } from '../config/config.js';
import type { Vault } from '../protection/vault.js';
import type { HoldingsDatabase, KeyDatabase } from './database.js';
import { openMysqlSession } from './mysql/open-mysql-database.js';
import { mysqlDialect } from './mysql/mysql-dialect.js';
import { SqlApiKeyRepository } from './repositories/api-key-repository.js';
import { SqlAuditLog } from './repositories/audit-log.js';
import { SqlProtectionRepository } from './repositories/protection-repository.js';
import type { Session } from './session.js';
import type { Dialect } from './dialect.js';
import { openBesideService } from './sqlite/open-beside-service.js';
import { asSession, sqliteDialect } from './sqlite/sqlite-dialect.js';

type DatabaseConfig = Pick<Config, 'mysql' | 'dataDir'>;

/**
 * Opens the API keys and the audit log of the database that the configuration names, whether or not the service runs on
 * it. No master key is needed.
 */
export async function openKeys(
  config: DatabaseConfig,
  logger: Pick<Logger, 'info' | 'warn'>,
): Promise<KeyDatabase> {
  const { session, dialect, close } = await openForCommand(config, logger);
  return {
    apiKeys: new SqlApiKeyRepository(session, dialect),
    auditLog: new SqlAuditLog(session, dialect),
    close,
  };
}

/** Opens what is held about people, as {@link openKeys} does. */
export async function openHoldings(
  config: DatabaseConfig,
  vault: Vault,
  logger: Pick<Logger, 'info' | 'warn'>,
): Promise<HoldingsDatabase> {
  const { session, dialect, close } = await openForCommand(config, logger);
  return {
    protection: new SqlProtectionRepository(session, dialect, vault),
    auditLog: new SqlAuditLog(session, dialect),
    close,
  };
}

interface CommandDatabase {
  readonly session: Pick<Session, 'read' | 'write' | 'scrub'>;
  readonly dialect: Dialect;
  readonly close: () => Promise<void>;
}

async function openForCommand(
  { mysql, dataDir }: DatabaseConfig,
  logger: Pick<Logger, 'info' | 'warn'>,
): Promise<CommandDatabase> {
  if (mysql !== undefined) {
    const session = await openMysqlSession(mysql, logger);
    return { session, dialect: mysqlDialect, close: () => session.close() };
  }
  const { session, close } = await openBesideService(dataDir);
  return { session: asSession(session), dialect: sqliteDialect, close };
}

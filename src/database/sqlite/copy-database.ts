import { open } from 'node:fs/promises';
import { createPrivateFile } from '../../storage/private-file.js';
import type { ConsistencyCheck } from '../consistency.js';
import { SqlAuditLog } from '../repositories/audit-log.js';
import { SqlConsistencyCheck } from '../repositories/consistency-check.js';
import { SqlProtectionRepository } from '../repositories/protection-repository.js';
import type { AuditLog } from '../../audit/audit-log.js';
import type { ProtectionRepository } from '../../protection/protection-repository.js';
import { Vault } from '../../protection/vault.js';
import { SqliteConnection } from './sqlite-connection.js';
import { asSession, sqliteDialect } from './sqlite-dialect.js';
import { SqliteSession } from './sqlite-session.js';

const prelude = ['PRAGMA busy_timeout = 30000', 'PRAGMA trusted_schema = OFF'];

/**
 * Copies a database file that is in use, as it is at one moment; writers go on meanwhile.
 * @param target a new file, readable for its owner alone; on disk when this resolves.
 * @throws Error when there is no database or no room.
 */
export async function copyDatabase(source: string, target: string): Promise<void> {
  const connection = await SqliteConnection.open({ file: source, readOnly: true, prelude });
  try {
    // SQLite takes an empty file for a new one; made here, because it would not make it private.
    createPrivateFile(target);
    await connection.execute(`VACUUM INTO '${target.replaceAll("'", "''")}'`);
  } finally {
    await connection.close();
  }
  const file = await open(target, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What can be read of a database file that nobody writes. */
export interface ReadOnlyDatabase {
  readonly consistency: Pick<ConsistencyCheck, 'damage' | 'blobs'>;
  readonly auditLog: Pick<AuditLog, 'head'>;
  readonly protection: Pick<ProtectionRepository, 'masterKeys' | 'countUnprotected'>;
  close(): Promise<void>;
}

export async function openCopy(file: string): Promise<ReadOnlyDatabase> {
  const connection = await SqliteConnection.open({ file, readOnly: true, prelude });
  const session = asSession<'read' | 'write' | 'scrub'>(
    new SqliteSession(connection, connection, () => Promise.reject(new Error('A copy has one reader.'))),
  );
  return {
    consistency: new SqlConsistencyCheck(session, sqliteDialect),
    auditLog: new SqlAuditLog(session, sqliteDialect),
    protection: new SqlProtectionRepository(session, sqliteDialect, new Vault()),
    close: () => connection.close(),
  };
}

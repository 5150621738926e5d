import type { Vault } from '../../protection/vault.js';
import type { Database } from '../database.js';
import type { Dialect } from '../dialect.js';
import type { Session } from '../session.js';
import { SqlApiKeyRepository } from './api-key-repository.js';
import { SqlAuditLog } from './audit-log.js';
import { SqlBlobJournal } from './blob-journal.js';
import { SqlConsistencyCheck } from './consistency-check.js';
import { SqlGalleryLog } from './gallery-log.js';
import { SqlMissingTemplates } from './missing-templates.js';
import { SqlProtectionRepository } from './protection-repository.js';
import { SqlReceipts } from './receipts.js';
import { SqlUserRepository } from './user-repository.js';

/** Every repository over one session. */
export function createRepositories(
  session: Session,
  dialect: Dialect,
  vault: Vault,
): Omit<Database, 'lease' | 'counters' | 'removeRemnants' | 'ping' | 'close'> {
  return {
    now: async () => new Date(1000 * (await session.read((database) => dialect.readNow(database)))),
    users: new SqlUserRepository(session, dialect, vault),
    blobs: new SqlBlobJournal(session, dialect),
    gallery: new SqlGalleryLog(session, dialect, vault),
    consistency: new SqlConsistencyCheck(session, dialect),
    auditLog: new SqlAuditLog(session, dialect),
    missingTemplates: new SqlMissingTemplates(session, dialect, vault),
    protection: new SqlProtectionRepository(session, dialect, vault),
    apiKeys: new SqlApiKeyRepository(session, dialect),
    receipts: new SqlReceipts(session, dialect),
  };
}

import { and, asc, eq, isNull } from 'drizzle-orm';
import type { AuditOperation } from '../../audit/audit-log.js';
import { commandOrigin } from '../../audit/audit-origin.js';
import type { ApiKeyRepository, StoredApiKey } from '../../access/api-key-repository.js';
import { decodeScopes, encodeScopes } from '../repositories/stored-scopes.js';
import type { SqliteSession } from './sqlite-session.js';
import { appendToAuditLog } from './sqlite-audit-log.js';
import type { Queries } from './sqlite-connection.js';
import { apiKeys } from './tables.js';

export class SqliteApiKeyRepository implements ApiKeyRepository {
  constructor(private readonly session: Pick<SqliteSession, 'read' | 'write'>) {}

  async add({ hash, scopes, ...key }: Omit<StoredApiKey, 'revokedAt'>): Promise<void> {
    await this.session.write(async (database) => {
      await database.insert(apiKeys).values({ ...key, secretHash: hash, scopes: encodeScopes(scopes) });
      await note(database, 'create-key', key.id);
    });
  }

  async find(id: string): Promise<StoredApiKey | null> {
    const [row] = await this.session.read((database) =>
      database.select().from(apiKeys).where(eq(apiKeys.id, id)),
    );
    return row ? asKey(row) : null;
  }

  async any(): Promise<boolean> {
    const rows = await this.session.read((database) =>
      database.select({ id: apiKeys.id }).from(apiKeys).limit(1),
    );
    return rows.length > 0;
  }

  async list(): Promise<StoredApiKey[]> {
    const rows = await this.session.read((database) =>
      database.select().from(apiKeys).orderBy(asc(apiKeys.createdAt), asc(apiKeys.id)),
    );
    return rows.map(asKey);
  }

  revoke(id: string, at: Date): Promise<boolean> {
    return this.session.write(async (database) => {
      const revoked = await database
        .update(apiKeys)
        .set({ revokedAt: at })
        .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
        .returning({ id: apiKeys.id });
      if (revoked.length > 0) await note(database, 'revoke-key', id);
      const rows = await database.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.id, id));
      return rows.length > 0;
    });
  }
}

/** Keys are administered by commands. The log says which key by its public id. */
async function note(database: Queries, operation: AuditOperation, keyId: string): Promise<void> {
  await appendToAuditLog(database, [{ ...commandOrigin, operation, outcome: `key:${keyId}`, userId: null }]);
}

function asKey({ secretHash, scopes, ...key }: typeof apiKeys.$inferSelect): StoredApiKey {
  return { ...key, hash: secretHash, scopes: decodeScopes(scopes) };
}

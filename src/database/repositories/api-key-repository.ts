import { and, asc, eq, isNull } from 'drizzle-orm';
import type { ApiKeyRepository, StoredApiKey } from '../../access/api-key-repository.js';
import { isScope, type Scope } from '../../access/principal.js';
import type { AuditOperation } from '../../audit/audit-log.js';
import { commandOrigin } from '../../audit/audit-origin.js';
import type { Dialect, Queries, Tables } from '../dialect.js';
import type { Session } from '../session.js';
import { appendToAuditLog } from './audit-log.js';

export class SqlApiKeyRepository implements ApiKeyRepository {
  constructor(
    private readonly session: Pick<Session, 'read' | 'write'>,
    private readonly dialect: Dialect,
  ) {}

  async add({ hash, scopes, ...key }: Omit<StoredApiKey, 'revokedAt'>): Promise<void> {
    const { apiKeys } = this.dialect.tables;
    const row = { ...key, secretHash: hash, scopes: encodeScopes(scopes) };
    await this.session.write(async (database, { uncertain }) => {
      if (await this.dialect.insertUnlessTaken(database.insert(apiKeys).values(row)))
        await this.#note(database, 'create-key', key.id);
      // Ids are random: one that is there after an unanswered commit is this one.
      else if (!uncertain) throw new Error(`The id ${key.id} of a new API key is taken.`);
    });
  }

  async find(id: string): Promise<StoredApiKey | null> {
    const { apiKeys } = this.dialect.tables;
    const [row] = await this.session.read((database) =>
      database.select().from(apiKeys).where(eq(apiKeys.id, id)),
    );
    return row ? asKey(row) : null;
  }

  async any(): Promise<boolean> {
    const { apiKeys } = this.dialect.tables;
    const rows = await this.session.read((database) =>
      database.select({ id: apiKeys.id }).from(apiKeys).limit(1),
    );
    return rows.length > 0;
  }

  async list(): Promise<StoredApiKey[]> {
    const { apiKeys } = this.dialect.tables;
    const rows = await this.session.read((database) =>
      database.select().from(apiKeys).orderBy(asc(apiKeys.createdAt), asc(apiKeys.id)),
    );
    return rows.map(asKey);
  }

  revoke(id: string, at: Date): Promise<boolean> {
    const { apiKeys } = this.dialect.tables;
    return this.session.write(async (database) => {
      const revoked = await this.dialect.changedRows(
        database
          .update(apiKeys)
          .set({ revokedAt: at })
          .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt))),
      );
      if (revoked > 0) await this.#note(database, 'revoke-key', id);
      const rows = await database.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.id, id));
      return rows.length > 0;
    });
  }

  /** Keys are administered by commands. The log says which key by its public id. */
  async #note(database: Queries, operation: AuditOperation, keyId: string): Promise<void> {
    const event = { ...commandOrigin, operation, outcome: `key:${keyId}` as const, userId: null };
    await appendToAuditLog(this.dialect, database, [event]);
  }
}

function asKey({ secretHash, scopes, ...key }: Tables['apiKeys']['$inferSelect']): StoredApiKey {
  return { ...key, hash: secretHash, scopes: decodeScopes(scopes) };
}

/** How the scopes of a key are written in its row: separated by spaces. */
function encodeScopes(scopes: ReadonlySet<Scope>): string {
  return [...scopes].join(' ');
}

/** A scope that this program does not know allows nothing. */
function decodeScopes(text: string): ReadonlySet<Scope> {
  return new Set(text.split(' ').filter(isScope));
}

import { createApiKey, hashApiKey } from '../../../src/access/api-key.js';
import type { ApiKeyRepository } from '../../../src/access/api-key-repository.js';
import type { Scope } from '../../../src/access/principal.js';

export interface StoredKeyOptions {
  /** @default admin */
  readonly scopes?: readonly Scope[];
  readonly expiresAt?: Date;
  /** @default false */
  readonly revoked?: boolean;
}

/** Stores a key. @returns what a client sends, and its public part. */
export async function storeKey(
  apiKeys: ApiKeyRepository,
  { scopes = ['admin'], expiresAt, revoked = false }: StoredKeyOptions = {},
): Promise<{ id: string; key: string }> {
  const { id, key } = createApiKey();
  await apiKeys.add({
    id,
    name: 'a-key',
    hash: hashApiKey(key),
    scopes: new Set(scopes),
    createdAt: new Date('2026-01-02T03:04:05Z'),
    expiresAt: expiresAt ?? null,
  });
  if (revoked) await apiKeys.revoke(id, new Date('2026-01-03T00:00:00Z'));
  return { id, key };
}

/** The same key with another secret. */
export function withOtherSecret(key: string): string {
  return key.slice(0, -43) + createApiKey().key.slice(-43);
}

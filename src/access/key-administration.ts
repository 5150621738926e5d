import { createApiKey, hashApiKey, type NewApiKey } from './api-key.js';
import type { ApiKeyRepository } from './api-key-repository.js';
import type { Scope } from './principal.js';

export interface KeyRequest {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Null: for good. */
  readonly expiresAt: Date | null;
}

/** Every change of the stored keys goes through here. */
export class KeyAdministration {
  constructor(private readonly apiKeys: Pick<ApiKeyRepository, 'add' | 'revoke'>) {}

  /** @returns the key, which is not kept: it is shown this once. */
  async create(request: KeyRequest): Promise<NewApiKey> {
    const created = createApiKey();
    await this.apiKeys.add({
      ...request,
      id: created.id,
      hash: hashApiKey(created.key),
      createdAt: new Date(),
    });
    return created;
  }

  /** Counts from the next request on. @returns false when there is no such key. */
  async revoke(id: string): Promise<boolean> {
    return this.apiKeys.revoke(id, new Date());
  }
}

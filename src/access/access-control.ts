import { timingSafeEqual } from 'node:crypto';
import { ServiceError } from '../errors.js';
import { apiKeyId, hashApiKey } from './api-key.js';
import type { ApiKeyRepository } from './api-key-repository.js';
import type { EnvironmentKey } from './environment-keys.js';
import type { Principal } from './principal.js';

export interface AccessControlOptions {
  readonly apiKeys: Pick<ApiKeyRepository, 'find' | 'any'>;
  readonly environmentKeys: readonly EnvironmentKey[];
  /** @default the clock of the system */
  readonly now?: () => Date;
}

/** Compared with when the id is unknown, so that an unknown id takes as long as a wrong secret. */
const nobodysHash = Buffer.alloc(32);

/** Tells who makes a request. */
export class AccessControl {
  /** Never goes back to false: keys are not deleted. */
  #keysSeen: boolean;
  readonly #now: () => Date;

  constructor(private readonly options: AccessControlOptions) {
    this.#keysSeen = options.environmentKeys.length > 0;
    this.#now = options.now ?? (() => new Date());
  }

  /**
   * @param offered the different keys that a request carries; more than one is as good as none.
   * @throws ServiceError UNAUTHENTICATED, the same for every reason; UNAVAILABLE when the keys cannot be read.
   */
  async identify(offered: ReadonlySet<string>): Promise<Principal> {
    const [key] = offered;
    const owner = key === undefined || offered.size > 1 ? null : await this.#ownerOf(key);
    if (owner !== null) return owner;
    if (await this.keysRequired()) throw new ServiceError('UNAUTHENTICATED');
    return { kind: 'anyone' };
  }

  /**
   * Whether there is or ever was a key: from the first one on nobody gets in without.
   * @throws ServiceError UNAVAILABLE.
   */
  async keysRequired(): Promise<boolean> {
    this.#keysSeen ||= await orUnavailable(this.options.apiKeys.any());
    return this.#keysSeen;
  }

  async #ownerOf(key: string): Promise<Principal | null> {
    const id = apiKeyId(key);
    if (id === null) return null;
    const hash = hashApiKey(key);
    const [ofEnvironment] = this.options.environmentKeys.filter((known) => timingSafeEqual(known.hash, hash));
    if (ofEnvironment !== undefined)
      return { kind: 'key', keyId: `env:${ofEnvironment.name}`, scopes: ofEnvironment.scopes };
    const stored = await orUnavailable(this.options.apiKeys.find(id));
    const matches = timingSafeEqual(stored?.hash ?? nobodysHash, hash);
    if (stored === null || !matches || stored.revokedAt !== null) return null;
    if (stored.expiresAt !== null && this.#now() >= stored.expiresAt) return null;
    return { kind: 'key', keyId: stored.id, scopes: stored.scopes };
  }
}

/** Whatever keeps the keys from being read, nobody is let in and the client may try again. */
async function orUnavailable<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    throw cause instanceof ServiceError ? cause : new ServiceError('UNAVAILABLE', { cause });
  }
}

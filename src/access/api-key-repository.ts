import type { Scope } from './principal.js';

/** A key as it is stored: nothing in here lets anybody in. */
export interface StoredApiKey {
  /** Public part of the key. */
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the whole key, 32 bytes. */
  readonly hash: Uint8Array;
  readonly scopes: ReadonlySet<Scope>;
  /** Whole seconds, as are the other times. */
  readonly createdAt: Date;
  /** The key counts before this time only; null: for good. */
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

/** The keys of the database. Rows are never deleted, so that there is no way back to serving without keys. */
export interface ApiKeyRepository {
  add(key: Omit<StoredApiKey, 'revokedAt'>): Promise<void>;
  /** Reads by id, never from a cache: a revocation counts for the next request. */
  find(id: string): Promise<StoredApiKey | null>;
  /** Whether there ever was a key. */
  any(): Promise<boolean>;
  /** All keys, oldest first. */
  list(): Promise<StoredApiKey[]>;
  /**
   * The time of an earlier revocation stays.
   * @returns false when there is no such key.
   */
  revoke(id: string, at: Date): Promise<boolean>;
}

import { KEY_NAME_FORMAT } from './api-key.js';
import { isScope, type Scope } from './principal.js';

/** A key of `API_KEYS`; counts until it is removed and the service restarted. */
export interface EnvironmentKey {
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** SHA-256 of the whole key, 32 bytes. */
  readonly hash: Uint8Array;
}

const HASH_FORMAT = /^[0-9a-f]{64}$/i;

/**
 * Reads `name:scope+scope:sha256`, several separated by commas.
 * @throws Error that says which entry cannot be used and why, without repeating it.
 */
export function parseEnvironmentKeys(text: string): EnvironmentKey[] {
  const keys = text.split(',').map((entry, place) => parseEntry(entry.trim(), `entry ${place + 1}`));
  if (new Set(keys.map(({ name }) => name)).size < keys.length) throw new Error('two entries have one name');
  return keys;
}

function parseEntry(entry: string, where: string): EnvironmentKey {
  const [name = '', scopeList = '', hash = '', ...rest] = entry.split(':');
  if (hash === '' || rest.length > 0) throw new Error(`${where} must look like name:scope+scope:sha256`);
  if (!KEY_NAME_FORMAT.test(name))
    throw new Error(`the name of ${where} must have 1 to 50 letters, digits, dots, hyphens or underscores`);
  const scopes = scopeList.split('+');
  if (!scopes.every(isScope)) throw new Error(`${where} names a scope that does not exist`);
  if (!HASH_FORMAT.test(hash)) throw new Error(`the hash of ${where} must have 64 hexadecimal digits`);
  return { name, scopes: new Set(scopes), hash: Buffer.from(hash, 'hex') };
}

/** The entry of `API_KEYS` for a key. */
export function environmentEntry({ name, scopes, hash }: EnvironmentKey): string {
  return `${name}:${[...scopes].join('+')}:${Buffer.from(hash).toString('hex')}`;
}

import { createHash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

// The prefix lets scanners find keys that were committed or pasted somewhere.
const FORMAT = /^fvb_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

/** What a key is called: in lists, in `API_KEYS`, never secret. */
export const KEY_NAME_FORMAT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/;

export interface NewApiKey {
  /** Public part, 16 hexadecimal digits. */
  readonly id: string;
  /** `fvb_<id>_<secret>`; the secret is 32 random bytes in base64url. */
  readonly key: string;
}

export function createApiKey(): NewApiKey {
  const id = randomBytes(8).toString('hex');
  return { id, key: `fvb_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}` };
}

/** @returns the public part of a key, or null for text that can be no key. */
export function apiKeyId(key: string): string | null {
  return FORMAT.exec(key)?.[1] ?? null;
}

/** SHA-256 of the whole key. Not a slow hash: 256 random bits cannot be guessed, and it is computed for each request. */
export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

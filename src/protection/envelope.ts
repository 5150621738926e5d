import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Length of every key, in bytes. */
export const KEY_BYTES = 32;

const ALGORITHM = 'aes-256-gcm';
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES;

/** Sealed bytes that do not open: another key, another context, or not as they were written. */
export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError';

  constructor() {
    super('Protected data cannot be opened: it is damaged, was moved from elsewhere, or has another key.');
  }
}

/**
 * Encrypts with AES-256-GCM: version (1 byte), nonce (12), ciphertext, tag (16).
 * @param key 32 bytes.
 * @param context what the bytes are and belong to; opening needs the same.
 */
export function seal(key: Uint8Array, plain: Uint8Array, context: readonly string[]): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(additionalData(context));
  const body = cipher.update(plain);
  return Buffer.concat([Buffer.of(VERSION), nonce, body, cipher.final(), cipher.getAuthTag()]);
}

/** @throws EnvelopeError */
export function open(key: Uint8Array, sealed: Uint8Array, context: readonly string[]): Uint8Array {
  if (sealed.length < HEADER_BYTES + TAG_BYTES || sealed[0] !== VERSION) throw new EnvelopeError();
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(1, HEADER_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(additionalData(context)).setAuthTag(sealed.subarray(end));
  const plain = decipher.update(sealed.subarray(HEADER_BYTES, end));
  try {
    decipher.final();
  } catch {
    throw new EnvelopeError();
  }
  return plain;
}

/** JSON keeps the parts apart: no two contexts give the same bytes. */
function additionalData(context: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify([VERSION, ...context]));
}

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Length of every key, in bytes. */
export const keyBytes = 32;

const algorithm = 'aes-256-gcm';
const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = 1 + nonceBytes;

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
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(additionalData(context));
  const body = cipher.update(plain);
  return Buffer.concat([Buffer.of(version), nonce, body, cipher.final(), cipher.getAuthTag()]);
}

/** @throws EnvelopeError */
export function open(key: Uint8Array, sealed: Uint8Array, context: readonly string[]): Uint8Array {
  if (sealed.length < headerBytes + tagBytes || sealed[0] !== version) throw new EnvelopeError();
  const end = sealed.length - tagBytes;
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(1, headerBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(additionalData(context)).setAuthTag(sealed.subarray(end));
  const plain = decipher.update(sealed.subarray(headerBytes, end));
  try {
    decipher.final();
  } catch {
    throw new EnvelopeError();
  }
  return plain;
}

/** JSON keeps the parts apart: no two contexts give the same bytes. */
function additionalData(context: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify([version, ...context]));
}

import { randomBytes } from 'node:crypto';
import { decodeVector, encodeVector } from './vector-bytes.js';
import { KEY_BYTES, open, seal } from './envelope.js';
import type { MasterKey } from './master-key.js';

/** A user's key as the database holds it. */
export interface StoredUserKey {
  readonly userId: string;
  /** Who the audit log says the user is; random. */
  readonly pseudonym: string;
  readonly masterKeyId: string;
  /** The key, sealed with the master key. */
  readonly wrapped: Uint8Array;
}

/** What a template is, beside its values. */
export interface TemplateIdentity {
  readonly templateId: string;
  readonly modelId: string;
}

/**
 * Seals what is held about the face of one user. Each sealed thing is bound to the user, to its own row or file and,
 * for templates, to the model: copied to another place it does not open.
 */
export class UserKey {
  private constructor(
    readonly stored: StoredUserKey,
    private readonly secret: Uint8Array,
  ) {}

  /** A new key for a user. */
  static create(userId: string, pseudonym: string, masterKey: MasterKey): UserKey {
    return UserKey.#wrap({ userId, pseudonym }, randomBytes(KEY_BYTES), masterKey);
  }

  /** @throws EnvelopeError when the master key is another one, or the row was changed or belongs to another user. */
  static unwrap(stored: StoredUserKey, masterKey: MasterKey): UserKey {
    return new UserKey(stored, open(masterKey.secret, stored.wrapped, wrapContext(stored)));
  }

  static #wrap(
    owner: Pick<StoredUserKey, 'userId' | 'pseudonym'>,
    secret: Uint8Array,
    masterKey: MasterKey,
  ): UserKey {
    const wrapped = seal(masterKey.secret, secret, wrapContext(owner));
    return new UserKey({ ...owner, masterKeyId: masterKey.id, wrapped }, secret);
  }

  /** The same key under another master key. */
  rewrap(masterKey: MasterKey): UserKey {
    return UserKey.#wrap(
      { userId: this.stored.userId, pseudonym: this.stored.pseudonym },
      this.secret,
      masterKey,
    );
  }

  /** @param vector unit-length embedding. */
  sealTemplate(template: TemplateIdentity, vector: Float32Array): Uint8Array {
    return seal(this.secret, encodeVector(vector), this.#templateContext(template));
  }

  /** @throws EnvelopeError */
  openTemplate(template: TemplateIdentity, sealed: Uint8Array): Float32Array {
    return decodeVector(open(this.secret, sealed, this.#templateContext(template)));
  }

  /** @param key blob key of the image file. */
  sealImage(key: string, bytes: Uint8Array): Uint8Array {
    return seal(this.secret, bytes, ['image', this.stored.userId, key]);
  }

  /** @throws EnvelopeError */
  openImage(key: string, sealed: Uint8Array): Uint8Array {
    return open(this.secret, sealed, ['image', this.stored.userId, key]);
  }

  #templateContext({ templateId, modelId }: TemplateIdentity): string[] {
    return ['template', this.stored.userId, templateId, modelId];
  }
}

function wrapContext({ userId, pseudonym }: Pick<StoredUserKey, 'userId' | 'pseudonym'>): string[] {
  return ['user-key', userId, pseudonym];
}

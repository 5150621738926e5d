import { randomUUID } from 'node:crypto';
import { decodeVector } from './vector-bytes.js';
import type { StoredTemplate } from '../records.js';
import { ServiceError } from '../errors.js';
import { EnvelopeError } from './envelope.js';
import type { MasterKey } from './master-key.js';
import { UserKey, type StoredUserKey, type TemplateIdentity } from './user-key.js';

/** A template as a row holds it. */
export interface SealedTemplate extends TemplateIdentity {
  readonly userId: string;
  /** Sealed with the user's key, or plain where the user has none yet. */
  readonly vector: Uint8Array;
  /** Null for a user who was enrolled before anything was protected. */
  readonly key: Omit<StoredUserKey, 'userId'> | null;
}

export interface VaultOptions {
  /** The first wraps what is new; the others open what is old. Absent: nothing opens until {@link Vault.unlock}. */
  readonly masterKeys?: readonly [MasterKey, ...MasterKey[]];
  /** Called for each template that does not open and is left out of a search. */
  readonly onUnopened?: (template: UnopenedTemplate) => void;
}

/** A template that does not open: damaged or moved, or under a master key that this node does not have. */
export interface UnopenedTemplate {
  readonly templateId: string;
  readonly reason: 'damaged' | 'unknown_master_key';
  /** Id of the master key; null for a plain row. */
  readonly masterKeyId: string | null;
}

/** Something was sealed under a master key that other nodes have and this one does not. */
export class UnknownMasterKeyError extends Error {
  override readonly name = 'UnknownMasterKeyError';

  constructor(readonly masterKeyId: string) {
    super(
      `The master key ${masterKeyId} is not configured on this node. Add it to the master keys and restart.`,
    );
  }
}

/** Opens and seals everything biometric on its way from and to the database and the image store. */
export class Vault {
  #masterKeys: ReadonlyMap<string, MasterKey> = new Map();
  #current: MasterKey | undefined;
  readonly #onUnopened: (template: UnopenedTemplate) => void;
  readonly #unknownMasterKeys = new Set<string>();

  constructor({ masterKeys, onUnopened }: VaultOptions = {}) {
    this.#onUnopened = onUnopened ?? (() => undefined);
    if (masterKeys !== undefined) this.unlock(masterKeys);
  }

  /** Hands over the master keys once they are there. */
  unlock(masterKeys: readonly [MasterKey, ...MasterKey[]]): void {
    this.#masterKeys = new Map(masterKeys.map((key) => [key.id, key]));
    this.#current = masterKeys[0];
  }

  /** Wraps what is new. @throws ServiceError UNAVAILABLE before the master keys are there. */
  get current(): MasterKey {
    if (this.#current === undefined) throw locked();
    return this.#current;
  }

  masterKey(id: string): MasterKey | undefined {
    return this.#masterKeys.get(id);
  }

  /** Ids of master keys that something here is sealed under and this node does not have, as far as it has met them. */
  get unknownMasterKeys(): readonly string[] {
    return [...this.#unknownMasterKeys];
  }

  createKey(userId: string): UserKey {
    return UserKey.create(userId, randomUUID(), this.current);
  }

  /**
   * @throws ServiceError UNAVAILABLE before the master keys are there and, caused by an UnknownMasterKeyError, when this
   *   node does not have the master key;
   *   EnvelopeError when the row does not open with it.
   */
  unwrap(stored: StoredUserKey): UserKey {
    if (this.#current === undefined) throw locked();
    const masterKey = this.#masterKeys.get(stored.masterKeyId);
    if (masterKey === undefined) {
      this.#unknownMasterKeys.add(stored.masterKeyId);
      throw new ServiceError('UNAVAILABLE', { cause: new UnknownMasterKeyError(stored.masterKeyId) });
    }
    return UserKey.unwrap(stored, masterKey);
  }

  /** @throws EnvelopeError, RangeError, or ServiceError as `unwrap`. */
  openTemplate({ templateId, userId, modelId, vector, key }: SealedTemplate): StoredTemplate {
    const opened =
      key === null
        ? decodeVector(vector)
        : this.unwrap({ userId, ...key }).openTemplate({ templateId, modelId }, vector);
    return { templateId, userId, modelId, vector: opened };
  }

  /** Those templates that open: a row that does not must not keep everybody else from being searched. */
  openTemplates(rows: readonly SealedTemplate[]): StoredTemplate[] {
    return rows.flatMap((row) => {
      try {
        return [this.openTemplate(row)];
      } catch (error) {
        this.#onUnopened({
          templateId: row.templateId,
          reason: reasonOf(error),
          masterKeyId: row.key?.masterKeyId ?? null,
        });
        return [];
      }
    });
  }
}

function locked(): ServiceError {
  return new ServiceError('UNAVAILABLE', { cause: new Error('The master keys are not there yet.') });
}

function reasonOf(error: unknown): UnopenedTemplate['reason'] {
  if (error instanceof ServiceError && error.cause instanceof UnknownMasterKeyError)
    return 'unknown_master_key';
  if (error instanceof EnvelopeError || error instanceof RangeError) return 'damaged';
  throw error;
}

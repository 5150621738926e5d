import { randomUUID } from 'node:crypto';
import { decodeVector } from './vector-bytes.js';
import type { StoredTemplate } from '../records.js';
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
  /** The first wraps what is new; the others open what is old. */
  readonly masterKeys: readonly [MasterKey, ...MasterKey[]];
  /** Called for each template that does not open and is left out of a search. */
  readonly onDamaged?: (templateId: string) => void;
}

/** Opens and seals everything biometric on its way from and to the database and the image store. */
export class Vault {
  readonly #masterKeys: ReadonlyMap<string, MasterKey>;
  readonly #onDamaged: (templateId: string) => void;
  /** Wraps what is new. */
  readonly current: MasterKey;

  constructor({ masterKeys, onDamaged }: VaultOptions) {
    this.#masterKeys = new Map(masterKeys.map((key) => [key.id, key]));
    this.#onDamaged = onDamaged ?? (() => undefined);
    this.current = masterKeys[0];
  }

  masterKey(id: string): MasterKey | undefined {
    return this.#masterKeys.get(id);
  }

  createKey(userId: string): UserKey {
    return UserKey.create(userId, randomUUID(), this.current);
  }

  /** @throws Error when the master key is not configured; EnvelopeError when the row does not open with it. */
  unwrap(stored: StoredUserKey): UserKey {
    const masterKey = this.#masterKeys.get(stored.masterKeyId);
    if (masterKey === undefined)
      throw new Error(
        `The master key ${stored.masterKeyId} is not configured on this node. Add it to the master keys and restart.`,
      );
    return UserKey.unwrap(stored, masterKey);
  }

  /** @throws EnvelopeError, RangeError or Error as `unwrap`. */
  openTemplate({ templateId, userId, modelId, vector, key }: SealedTemplate): StoredTemplate {
    const opened =
      key === null
        ? decodeVector(vector)
        : this.unwrap({ userId, ...key }).openTemplate({ templateId, modelId }, vector);
    return { templateId, userId, modelId, vector: opened };
  }

  /** Those templates that open: one damaged row must not keep everybody else from being searched. */
  openTemplates(rows: readonly SealedTemplate[]): StoredTemplate[] {
    return rows.flatMap((row) => {
      try {
        return [this.openTemplate(row)];
      } catch (error) {
        if (!(error instanceof EnvelopeError) && !(error instanceof RangeError)) throw error;
        this.#onDamaged(row.templateId);
        return [];
      }
    });
  }
}

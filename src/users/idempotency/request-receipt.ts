import { createHash, hkdfSync } from 'node:crypto';
import { ServiceError } from '../../errors.js';
import { open, seal } from '../../protection/envelope.js';
import type { Receipt, StoredReceipt } from './receipts.js';

/** Names one operation of one client, so that a repetition gets the first answer again. */
export interface IdempotencyKey {
  /** Who asks: keys of different callers are different. */
  readonly actor: string;
  /** Alias of the field of a GraphQL request; empty where there is none, as over REST. */
  readonly field: string;
  /** What the client sent. */
  readonly key: string;
}

const context = ['receipt'];

/** The receipt of one request: recognises what was asked, and seals and opens its answer. */
export class RequestReceipt implements Receipt {
  readonly keyHash: Uint8Array;
  readonly #fingerprint: Uint8Array;
  readonly #sealingKey: Uint8Array;

  constructor(
    { actor, field, key }: IdempotencyKey,
    operation: string,
    parts: readonly (string | Uint8Array)[],
  ) {
    const name = JSON.stringify([actor, field, key]);
    this.keyHash = digest(name);
    this.#sealingKey = new Uint8Array(hkdfSync('sha256', name, '', 'receipt', 32));
    this.#fingerprint = digest(
      JSON.stringify([operation, ...parts.map((part) => digest(part).toString('hex'))]),
    );
  }

  written(answer: unknown): StoredReceipt {
    const sealed = seal(this.#sealingKey, Buffer.from(JSON.stringify(answer)), context);
    return { keyHash: this.keyHash, fingerprint: this.#fingerprint, answer: sealed };
  }

  /** @throws ServiceError IDEMPOTENCY_MISMATCH when something else was asked under the same key. */
  read({ fingerprint, answer }: StoredReceipt): unknown {
    if (Buffer.compare(fingerprint, this.#fingerprint) !== 0) throw new ServiceError('IDEMPOTENCY_MISMATCH');
    return JSON.parse(Buffer.from(open(this.#sealingKey, answer, context)).toString('utf8'));
  }
}

function digest(data: string | Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}

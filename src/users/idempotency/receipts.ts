/** The first answer to an operation that a client may repeat, as it is kept. */
export interface StoredReceipt {
  /** SHA-256 of the client's key and of who used it. */
  readonly keyHash: Uint8Array;
  /** SHA-256 of what was asked. */
  readonly fingerprint: Uint8Array;
  /** Sealed with the client's key, which is not kept. */
  readonly answer: Uint8Array;
}

/** Where first answers are kept for a day. */
export interface Receipts {
  find(keyHash: Uint8Array): Promise<StoredReceipt | null>;
  /** Keeps an answer unless there is one for the key. */
  add(receipt: StoredReceipt): Promise<void>;
  /**
   * Drops those kept before the given time.
   * @param first most to drop at once, 1 or more.
   * @returns how many were dropped; 0 when none are due any more.
   */
  forget(before: Date, first: number): Promise<number>;
}

/** What a transaction needs to keep its answer together with what it changes. */
export interface Receipt {
  readonly keyHash: Uint8Array;
  /** @param answer what the operation answers, as JSON. */
  written(answer: unknown): StoredReceipt;
}

/** Thrown by a transaction whose key has got an answer meanwhile; it changes nothing. */
export class ReceiptExistsError extends Error {
  override readonly name = 'ReceiptExistsError';

  constructor() {
    super('The operation has been answered already.');
  }
}

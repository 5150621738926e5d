import type { Receipts, StoredReceipt } from '../../../src/users/idempotency/receipts.js';

/** Receipts of a process, for tests without a database. */
export class MemoryReceipts implements Receipts {
  readonly #kept = new Map<string, StoredReceipt>();

  find(keyHash: Uint8Array): Promise<StoredReceipt | null> {
    return Promise.resolve(this.#kept.get(Buffer.from(keyHash).toString('hex')) ?? null);
  }

  add(receipt: StoredReceipt): Promise<void> {
    const key = Buffer.from(receipt.keyHash).toString('hex');
    if (!this.#kept.has(key)) this.#kept.set(key, receipt);
    return Promise.resolve();
  }

  forget(): Promise<number> {
    return Promise.resolve(0);
  }
}

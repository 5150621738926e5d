import { asc, eq, inArray, lt } from 'drizzle-orm';
import { ReceiptExistsError, type Receipts, type StoredReceipt } from '../../users/idempotency/receipts.js';
import type { Dialect, Queries } from '../dialect.js';
import type { Session } from '../session.js';

/**
 * Keeps the place of an answer as the first step of the transaction that gives it: a second request with the same key
 * waits until this one has ended.
 * @throws ReceiptExistsError when there is an answer.
 */
export async function reserveReceipt(
  dialect: Dialect,
  database: Queries,
  receipt: StoredReceipt,
): Promise<void> {
  const row = { ...receipt, createdAt: dialect.now };
  if (!(await dialect.insertUnlessTaken(database.insert(dialect.tables.receipts).values(row))))
    throw new ReceiptExistsError();
}

export async function completeReceipt(
  { tables: { receipts } }: Dialect,
  database: Queries,
  { keyHash, answer }: StoredReceipt,
): Promise<void> {
  await database.update(receipts).set({ answer }).where(eq(receipts.keyHash, keyHash));
}

/** For a transaction that did nothing, and so has no answer worth keeping. */
export async function withdrawReceipt(
  { tables: { receipts } }: Dialect,
  database: Queries,
  keyHash: Uint8Array,
): Promise<void> {
  await database.delete(receipts).where(eq(receipts.keyHash, keyHash));
}

export class SqlReceipts implements Receipts {
  constructor(
    private readonly session: Pick<Session, 'read' | 'write'>,
    private readonly dialect: Dialect,
  ) {}

  async find(keyHash: Uint8Array): Promise<StoredReceipt | null> {
    const { receipts } = this.dialect.tables;
    const [row] = await this.session.read((database) =>
      database
        .select({ keyHash: receipts.keyHash, fingerprint: receipts.fingerprint, answer: receipts.answer })
        .from(receipts)
        .where(eq(receipts.keyHash, keyHash)),
    );
    return row ?? null;
  }

  async add(receipt: StoredReceipt): Promise<void> {
    const { receipts } = this.dialect.tables;
    const row = { ...receipt, createdAt: this.dialect.now };
    await this.session.write((database) =>
      this.dialect.insertUnlessTaken(database.insert(receipts).values(row)),
    );
  }

  forget(before: Date, first: number): Promise<number> {
    const { receipts } = this.dialect.tables;
    return this.session.write(async (database) => {
      const due = await database
        .select({ keyHash: receipts.keyHash })
        .from(receipts)
        .where(lt(receipts.createdAt, before))
        .orderBy(asc(receipts.createdAt))
        .limit(first);
      if (due.length === 0) return 0;
      return this.dialect.changedRows(
        database.delete(receipts).where(
          inArray(
            receipts.keyHash,
            due.map(({ keyHash }) => keyHash),
          ),
        ),
      );
    });
  }
}

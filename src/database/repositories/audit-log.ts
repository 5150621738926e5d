import { and, asc, eq, gt, gte, inArray, lte, max, min } from 'drizzle-orm';
import { chain } from '../../audit/audit-chain.js';
import type { AuditEntry, AuditEvent, AuditLog, AuditPage } from '../../audit/audit-log.js';
import type { Dialect, Queries, Tables } from '../dialect.js';
import type { Session } from '../session.js';

type Head = Pick<AuditEntry, 'seq' | 'hash'>;

const emptyHead: Head = { seq: 0, hash: new Uint8Array() };

/**
 * Appends entries as a part of the transaction they tell of. Last in it: the head of the log is locked until the
 * commit, so that entries become visible in their order.
 * @param pseudonyms of the users concerned, where the caller knows them; read from the database otherwise.
 */
export async function appendToAuditLog(
  dialect: Dialect,
  database: Queries,
  events: readonly AuditEvent[],
  pseudonyms?: ReadonlyMap<string, string>,
): Promise<AuditEntry[]> {
  if (events.length === 0) return [];
  const { auditHead, auditLog, userKeys } = dialect.tables;
  const at = new Date(Math.floor(Date.now() / 1000) * 1000);
  const readHead = dialect.locked(
    database.select({ seq: auditHead.seq, hash: auditHead.hash }).from(auditHead).where(eq(auditHead.id, 1)),
  );
  const readPseudonyms = database
    .select({ userId: userKeys.userId, pseudonym: userKeys.pseudonym })
    .from(userKeys)
    .where(inArray(userKeys.userId, userIdsOf(events)));
  const [known, [head]] = pseudonyms
    ? [[], await readHead]
    : await dialect.batch(database, [readPseudonyms, readHead]);
  const subjects = pseudonyms ?? new Map(known.map(({ userId, pseudonym }) => [userId, pseudonym]));
  const entries = chain(
    head ?? emptyHead,
    events.map(({ userId, ...event }) => ({
      ...event,
      at,
      subject: userId === null ? null : (subjects.get(userId) ?? null),
    })),
  );
  const { seq, hash } = entries.at(-1) ?? emptyHead;
  await dialect.batch(database, [
    database.insert(auditLog).values(entries),
    head
      ? database.update(auditHead).set({ seq, hash }).where(eq(auditHead.id, 1))
      : database.insert(auditHead).values({ id: 1, seq, hash }),
  ]);
  return entries;
}

function userIdsOf(events: readonly AuditEvent[]): string[] {
  return [...new Set(events.flatMap(({ userId }) => (userId === null ? [] : [userId])))];
}

export class SqlAuditLog implements AuditLog {
  constructor(
    private readonly session: Pick<Session, 'read' | 'write'>,
    private readonly dialect: Dialect,
  ) {}

  async append(events: readonly AuditEvent[]): Promise<void> {
    const attempted: AuditEntry[] = [];
    await this.session.write(async (database, { uncertain }) => {
      if (uncertain) for (const entry of attempted) if (await stands(this.dialect, database, entry)) return;
      const last = (await appendToAuditLog(this.dialect, database, events)).at(-1);
      if (last) attempted.push(last);
    });
  }

  page({ first, after = 0, subject }: AuditPage): Promise<AuditEntry[]> {
    const { auditLog } = this.dialect.tables;
    return this.session.read((database) =>
      database
        .select()
        .from(auditLog)
        .where(
          and(gt(auditLog.seq, after), subject === undefined ? undefined : eq(auditLog.subject, subject)),
        )
        .orderBy(asc(auditLog.seq))
        .limit(first),
    );
  }

  async head(): Promise<Head> {
    const { auditHead } = this.dialect.tables;
    const [head] = await this.session.read((database) =>
      database.select({ seq: auditHead.seq, hash: auditHead.hash }).from(auditHead),
    );
    return head ?? emptyHead;
  }

  forget(before: Date): Promise<number> {
    const { auditLog } = this.dialect.tables;
    return this.session.write(async (database) => {
      const newest = await newestBefore(this.dialect.tables, database, before);
      return this.dialect.changedRows(database.delete(auditLog).where(lte(auditLog.seq, newest)));
    });
  }

  async pseudonymOf(userId: string): Promise<string | null> {
    const { userKeys } = this.dialect.tables;
    const [row] = await this.session.read((database) =>
      database.select({ pseudonym: userKeys.pseudonym }).from(userKeys).where(eq(userKeys.userId, userId)),
    );
    return row?.pseudonym ?? null;
  }

  async usersOf(pseudonyms: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const { userKeys } = this.dialect.tables;
    const rows = await this.session.read((database) =>
      database
        .select({ userId: userKeys.userId, pseudonym: userKeys.pseudonym })
        .from(userKeys)
        .where(inArray(userKeys.pseudonym, [...pseudonyms])),
    );
    return new Map(rows.map(({ userId, pseudonym }) => [pseudonym, userId]));
  }
}

/**
 * Whether a transaction that got no answer to its COMMIT happened, told by the last entry that it appended. Waits until
 * the server has ended that transaction.
 */
export async function stands(dialect: Dialect, database: Queries, { seq, hash }: Head): Promise<boolean> {
  const { auditHead, auditLog } = dialect.tables;
  await dialect.locked(database.select({ seq: auditHead.seq }).from(auditHead).where(eq(auditHead.id, 1)));
  const [row] = await database.select({ hash: auditLog.hash }).from(auditLog).where(eq(auditLog.seq, seq));
  return row !== undefined && Buffer.compare(row.hash, hash) === 0;
}

/** By number, not by time alone: clocks of several nodes differ, and the chain must have no gap. */
async function newestBefore({ auditLog }: Tables, database: Queries, before: Date): Promise<number> {
  const [row] = await database
    .select({ seq: min(auditLog.seq) })
    .from(auditLog)
    .where(gte(auditLog.at, before));
  if (row?.seq != null) return row.seq - 1;
  const [last] = await database.select({ seq: max(auditLog.seq) }).from(auditLog);
  return last?.seq ?? 0;
}

import { and, asc, eq, gt, inArray, lte } from 'drizzle-orm';
import { chain } from '../../audit/audit-chain.js';
import type { AuditEntry, AuditEvent, AuditLog, AuditPage } from '../../audit/audit-log.js';
import type { Dialect, Queries } from '../dialect.js';
import type { Session } from '../session.js';

type Head = Pick<AuditEntry, 'seq' | 'hash'>;

/** Clocks of nodes that are further ahead were wrong. */
const MOST_CLOCK_SKEW_MS = 300_000;

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
  const readHead = dialect.locked(
    database
      .select({ seq: auditHead.seq, hash: auditHead.hash, now: dialect.now })
      .from(auditHead)
      .where(eq(auditHead.id, 1)),
  );
  const readPseudonyms = database
    .select({ userId: userKeys.userId, pseudonym: userKeys.pseudonym })
    .from(userKeys)
    .where(inArray(userKeys.userId, userIdsOf(events)));
  const [known, [head]] = pseudonyms
    ? [[], await readHead]
    : await dialect.batch(database, [readPseudonyms, readHead]);
  const subjects = pseudonyms ?? new Map(known.map(({ userId, pseudonym }) => [userId, pseudonym]));
  const at = new Date((head?.now ?? (await dialect.readNow(database))) * 1000);
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

  forget(before: Date, first: number): Promise<number> {
    const { auditLog } = this.dialect.tables;
    return this.session.write(async (database) => {
      const due = await this.#lastDue(database, before, first);
      if (due === null) return 0;
      return this.dialect.changedRows(database.delete(auditLog).where(lte(auditLog.seq, due)));
    });
  }

  /**
   * The last of the oldest entries that is due, found by number: the chain must have no gap. Times ahead of the
   * database's come from a wrong clock and count as those of the entries around them.
   */
  async #lastDue(database: Queries, before: Date, first: number): Promise<number | null> {
    const { auditLog } = this.dialect.tables;
    const columns = { seq: auditLog.seq, at: auditLog.at };
    const oldest = await database.select(columns).from(auditLog).orderBy(asc(auditLog.seq)).limit(first);
    const possible = new Date((await this.dialect.readNow(database)) * 1000 + MOST_CLOCK_SKEW_MS);
    const kept = oldest.findIndex(({ at }) => at >= before && at <= possible);
    const candidates = kept === -1 ? oldest : oldest.slice(0, kept);
    const due = candidates.findLast(({ at }) => at < before);
    const last = oldest.at(-1);
    if (due !== undefined || kept !== -1 || last === undefined) return due?.seq ?? null;
    const [next] = await database
      .select({ at: auditLog.at })
      .from(auditLog)
      .where(and(gt(auditLog.seq, last.seq), lte(auditLog.at, possible)))
      .orderBy(asc(auditLog.seq))
      .limit(1);
    return next !== undefined && next.at < before ? last.seq : null;
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

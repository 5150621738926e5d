import { and, asc, eq, gt, gte, inArray, lte, max, min } from 'drizzle-orm';
import { chain } from '../../audit/audit-chain.js';
import type { AuditEntry, AuditEvent, AuditLog, AuditPage } from '../../audit/audit-log.js';
import type { Queries } from './mysql-connection.js';
import type { MysqlSession } from './mysql-session.js';
import { auditHead, auditLog, userKeys } from './tables.js';

/**
 * Appends entries as a part of the transaction they tell of. Last in it: the head of the log is locked until the
 * commit, so that entries become visible in their order.
 */
export async function appendToAuditLog(
  database: Queries,
  events: readonly AuditEvent[],
  pseudonyms?: ReadonlyMap<string, string>,
): Promise<AuditEntry[]> {
  if (events.length === 0) return [];
  const subjects = pseudonyms ?? (await pseudonymsOf(database, events));
  const at = new Date(Math.floor(Date.now() / 1000) * 1000);
  const [head] = await database
    .select({ seq: auditHead.seq, hash: auditHead.hash })
    .from(auditHead)
    .where(eq(auditHead.id, 1))
    .for('update');
  const entries = chain(
    head ?? { seq: 0, hash: new Uint8Array() },
    events.map(({ userId, ...event }) => ({
      ...event,
      at,
      subject: userId === null ? null : (subjects.get(userId) ?? null),
    })),
  );
  await database.insert(auditLog).values(entries);
  const { seq, hash } = entries.at(-1) ?? { seq: 0, hash: new Uint8Array() };
  await database.update(auditHead).set({ seq, hash }).where(eq(auditHead.id, 1));
  return entries;
}

async function pseudonymsOf(
  database: Queries,
  events: readonly AuditEvent[],
): Promise<ReadonlyMap<string, string>> {
  const userIds = [...new Set(events.flatMap(({ userId }) => (userId === null ? [] : [userId])))];
  const rows = await database
    .select({ userId: userKeys.userId, pseudonym: userKeys.pseudonym })
    .from(userKeys)
    .where(inArray(userKeys.userId, userIds));
  return new Map(rows.map(({ userId, pseudonym }) => [userId, pseudonym]));
}

export class MysqlAuditLog implements AuditLog {
  constructor(private readonly session: MysqlSession) {}

  async append(events: readonly AuditEvent[]): Promise<void> {
    let attempted: readonly AuditEntry[] = [];
    await this.session.write(async (database, { uncertain }) => {
      if (uncertain && (await isWritten(database, attempted.at(-1)))) return;
      attempted = await appendToAuditLog(database, events);
    });
  }

  page({ first, after = 0, subject }: AuditPage): Promise<AuditEntry[]> {
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

  async head(): Promise<Pick<AuditEntry, 'seq' | 'hash'>> {
    const [head] = await this.session.read((database) =>
      database.select({ seq: auditHead.seq, hash: auditHead.hash }).from(auditHead),
    );
    return head ?? { seq: 0, hash: new Uint8Array() };
  }

  forget(before: Date): Promise<number> {
    return this.session.write(async (database) => {
      const newest = await newestBefore(database, before);
      const [{ affectedRows }] = await database.delete(auditLog).where(lte(auditLog.seq, newest));
      return affectedRows;
    });
  }

  async pseudonymOf(userId: string): Promise<string | null> {
    const [row] = await this.session.read((database) =>
      database.select({ pseudonym: userKeys.pseudonym }).from(userKeys).where(eq(userKeys.userId, userId)),
    );
    return row?.pseudonym ?? null;
  }

  async usersOf(pseudonyms: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.session.read((database) =>
      database
        .select({ userId: userKeys.userId, pseudonym: userKeys.pseudonym })
        .from(userKeys)
        .where(inArray(userKeys.pseudonym, [...pseudonyms])),
    );
    return new Map(rows.map(({ userId, pseudonym }) => [pseudonym, userId]));
  }
}

/** By number, not by time alone: clocks of several nodes differ, and the chain must have no gap. */
async function newestBefore(database: Queries, before: Date): Promise<number> {
  const [row] = await database
    .select({ seq: min(auditLog.seq) })
    .from(auditLog)
    .where(gte(auditLog.at, before));
  if (row?.seq != null) return row.seq - 1;
  const [last] = await database.select({ seq: max(auditLog.seq) }).from(auditLog);
  return last?.seq ?? 0;
}

async function isWritten(database: Queries, entry: AuditEntry | undefined): Promise<boolean> {
  if (entry === undefined) return false;
  const [row] = await database
    .select({ hash: auditLog.hash })
    .from(auditLog)
    .where(eq(auditLog.seq, entry.seq));
  return row !== undefined && Buffer.compare(row.hash, entry.hash) === 0;
}

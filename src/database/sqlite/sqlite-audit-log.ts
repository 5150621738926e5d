import { and, asc, eq, gt, gte, inArray, lte, max, min } from 'drizzle-orm';
import { chain } from '../../audit/audit-chain.js';
import type { AuditEntry, AuditEvent, AuditLog, AuditPage } from '../../audit/audit-log.js';
import type { Queries } from './sqlite-connection.js';
import type { SqliteSession } from './sqlite-session.js';
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
  const at = new Date(Math.floor(Date.now() / 1000) * 1000);
  const [[head], subjects] = await database.batch([
    database.select({ seq: auditHead.seq, hash: auditHead.hash }).from(auditHead),
    database
      .select({ userId: userKeys.userId, pseudonym: userKeys.pseudonym })
      .from(userKeys)
      .where(inArray(userKeys.userId, pseudonyms ? [] : userIdsOf(events))),
  ]);
  const known = pseudonyms ?? new Map(subjects.map(({ userId, pseudonym }) => [userId, pseudonym]));
  const entries = chain(
    head ?? { seq: 0, hash: new Uint8Array() },
    events.map(({ userId, ...event }) => ({
      ...event,
      at,
      subject: userId === null ? null : (known.get(userId) ?? null),
    })),
  );
  const { seq, hash } = entries.at(-1) ?? { seq: 0, hash: new Uint8Array() };
  await database.batch([
    database.insert(auditLog).values(entries),
    database
      .insert(auditHead)
      .values({ id: 1, seq, hash })
      .onConflictDoUpdate({ target: auditHead.id, set: { seq, hash } }),
  ]);
  return entries;
}

function userIdsOf(events: readonly AuditEvent[]): string[] {
  return [...new Set(events.flatMap(({ userId }) => (userId === null ? [] : [userId])))];
}

export class SqliteAuditLog implements AuditLog {
  constructor(private readonly session: Pick<SqliteSession, 'read' | 'write'>) {}

  async append(events: readonly AuditEvent[]): Promise<void> {
    await this.session.write((database) => appendToAuditLog(database, events));
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

  async forget(before: Date): Promise<number> {
    const forgotten = await this.session.write(async (database) => {
      const newest = await newestBefore(database, before);
      return database.delete(auditLog).where(lte(auditLog.seq, newest)).returning({ seq: auditLog.seq });
    });
    return forgotten.length;
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

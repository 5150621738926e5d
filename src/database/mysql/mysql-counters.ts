import { eq, inArray, like, lte, sql } from 'drizzle-orm';
import type { Count, Counters, Lifetime } from '../../limits/counters.js';
import type { Queries } from '../dialect.js';
import type { MysqlSession } from './mysql-session.js';
import { rateCounters } from './tables.js';

/** Rows removed by one statement, so that it locks few. */
const BATCH = 1_000;

// The server's clock, since those of the nodes differ.
const nowMs = sql<number>`cast(unix_timestamp(now(3)) * 1000 as signed)`;

/** Counters that all nodes share. */
export class MysqlCounters implements Counters {
  constructor(private readonly session: MysqlSession) {}

  add(key: string, points: number, { durationMs, from }: Lifetime): Promise<Count> {
    const { points: counted, expire } = rateCounters;
    const kept = from === 'first' ? sql`${expire} > ${nowMs}` : sql`false`;
    return this.session.write(async (database) => {
      // In this order: the points depend on the expiry as it was.
      await database.execute(
        sql`insert into ${rateCounters} (\`key\`, points, expire) values (${key}, ${points}, ${nowMs} + ${durationMs})
          on duplicate key update points = if(${expire} > ${nowMs}, ${counted} + ${points}, ${points}),
          expire = if(${kept}, ${expire}, ${nowMs} + ${durationMs})`,
      );
      const count = (await countsOf(database, [key])).get(key);
      if (count === undefined) throw new Error('A counter was lost while it was written.');
      return count;
    });
  }

  async find(keys: readonly string[]): Promise<(Count | null)[]> {
    const counts = await this.session.read((database) => countsOf(database, keys));
    return keys.map((key) => counts.get(key) ?? null);
  }

  async remove(key: string): Promise<void> {
    await this.session.write((database) => database.delete(rateCounters).where(eq(rateCounters.key, key)));
  }

  async removeGroup(prefix: string): Promise<void> {
    const pattern = `${prefix.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    await this.session.write((database) =>
      database.delete(rateCounters).where(like(rateCounters.key, pattern)),
    );
  }

  async removeExpired(): Promise<void> {
    let removed: number;
    do {
      const [{ affectedRows }] = await this.session.write((database) =>
        database
          .delete(rateCounters)
          .where(lte(rateCounters.expire, nowMs))
          .orderBy(rateCounters.expire, rateCounters.key)
          .limit(BATCH),
      );
      removed = affectedRows;
    } while (removed === BATCH);
  }
}

async function countsOf(database: Queries, keys: readonly string[]): Promise<Map<string, Count>> {
  const { key, points, expire } = rateCounters;
  const rows = await database
    .select({ key, points, remainingMs: sql<number>`${expire} - ${nowMs}`.mapWith(Number) })
    .from(rateCounters)
    .where(inArray(key, [...keys]));
  return new Map(
    rows
      .filter(({ remainingMs }) => remainingMs > 0)
      .map((row) => [row.key, { points: row.points, remainingMs: row.remainingMs }]),
  );
}

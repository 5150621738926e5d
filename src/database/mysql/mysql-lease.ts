import { sql } from 'drizzle-orm';
import { uuidv7 } from 'uuidv7';
import type { Lease } from '../database.js';
import type { MysqlSession } from './mysql-session.js';

/** Row 1 is the lease on migrations. */
const HOUSEKEEPING_ROW = 2;

/**
 * Lets one node at a time do what need not be done by all of them. A row with an end, and not GET_LOCK, which is local
 * to each node of a Galera cluster. A holder that was killed is replaced when its lease ends.
 */
export class MysqlLease implements Lease {
  readonly #holder = uuidv7();

  constructor(private readonly session: MysqlSession) {}

  async hold(seconds: number): Promise<boolean> {
    await this.session.write((database) =>
      database.execute(
        sql`insert ignore into face_migration_lease (id, holder, expires_at) values (${HOUSEKEEPING_ROW}, null, '2000-01-01')`,
      ),
    );
    const [{ affectedRows }] = await this.session.write((database) =>
      database.execute(sql`
        update face_migration_lease
        set holder = ${this.#holder}, expires_at = timestampadd(second, ${seconds}, utc_timestamp(3))
        where id = ${HOUSEKEEPING_ROW}
          and (holder is null or holder = ${this.#holder} or expires_at < utc_timestamp(3))`),
    );
    return affectedRows === 1;
  }

  async release(): Promise<void> {
    await this.session.write((database) =>
      database.execute(
        sql`update face_migration_lease set holder = null where id = ${HOUSEKEEPING_ROW} and holder = ${this.#holder}`,
      ),
    );
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { uuidv7 } from 'uuidv7';
import type { PlainConnection } from '../mysql-connection.js';
import { isFailure } from '../mysql-error.js';

const LEASE_SECONDS = 20;
const RENEWAL_MS = 5000;
const RETRY_MS = 200;

export const LEASE_TABLE = `CREATE TABLE IF NOT EXISTS face_migration_lease (
  id int NOT NULL PRIMARY KEY, holder char(36) NULL, expires_at datetime(3) NOT NULL
) ENGINE=InnoDB`;

const expiry = `TIMESTAMPADD(SECOND, ${LEASE_SECONDS}, UTC_TIMESTAMP(3))`;

/**
 * Lets one node of the service migrate at a time. A row with an end, and not GET_LOCK: that is local to each node of
 * a Galera cluster, and Percona's refuses it. A holder that was killed is waited for until its lease ends.
 */
export class MigrationLease {
  #held = true;
  readonly #timer: NodeJS.Timeout;

  private constructor(
    private readonly connection: PlainConnection,
    private readonly holder: string,
  ) {
    this.#timer = setInterval(() => void this.#renew(), RENEWAL_MS);
  }

  /** Waits until no other node holds the lease. */
  static async acquire(connection: PlainConnection): Promise<MigrationLease> {
    const holder = uuidv7();
    await connection.execute(
      "INSERT IGNORE INTO face_migration_lease (id, holder, expires_at) VALUES (1, NULL, '2000-01-01')",
    );
    for (;;) {
      const taken = await changed(
        connection,
        `UPDATE face_migration_lease SET holder = ?, expires_at = ${expiry}
         WHERE id = 1 AND (holder IS NULL OR expires_at < UTC_TIMESTAMP(3))`,
        holder,
      );
      if (taken) return new MigrationLease(connection, holder);
      await sleep(RETRY_MS);
    }
  }

  /** @throws Error when the lease ended because it could not be renewed. */
  assertHeld(): void {
    if (!this.#held) throw new Error('The migration was interrupted: its lease on the database ended.');
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    if (!this.#held || !this.connection.usable) return;
    this.#held = false;
    await changed(
      this.connection,
      'UPDATE face_migration_lease SET holder = NULL WHERE id = 1 AND holder = ?',
      this.holder,
    );
  }

  async #renew(): Promise<void> {
    try {
      this.#held &&= await changed(
        this.connection,
        `UPDATE face_migration_lease SET expires_at = ${expiry} WHERE id = 1 AND holder = ?`,
        this.holder,
      );
    } catch {
      this.#held = false;
    }
  }
}

/** False when another node's change to the row won. */
async function changed(connection: PlainConnection, sql: string, holder: string): Promise<boolean> {
  try {
    return (await connection.execute(sql, [holder])).affectedRows === 1;
  } catch (error) {
    if (isFailure(error, 'conflict')) return false;
    throw error;
  }
}

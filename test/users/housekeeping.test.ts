import { join } from 'node:path';
import pino from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { MemoryCounters } from '../../src/limits/memory-counters.js';
import { createImageKey } from '../../src/storage/image-key.js';
import { LocalImageStore } from '../../src/storage/local-image-store.js';
import { sweepBlobs } from '../../src/storage/blob-sweeper.js';
import { Housekeeping, type HousekeepingOptions } from '../../src/users/housekeeping.js';
import { enrol } from '../database/repository-suite.js';
import { openSqlite } from '../support/databases/open-sqlite.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { unfinishedBlobs } from '../support/databases/unfinished-blobs.js';
import { ClockWatch } from '../../src/database/clock-watch.js';
import type { Database } from '../../src/database/database.js';

const logger = pino({ level: 'silent' });
const picture = Uint8Array.of(1, 2, 3);
const ever = new Date(8.64e15);

async function open() {
  const folder = temporaryFolder();
  const database = await openSqlite(folder);
  onTestFinished(() => database.close());
  const images = await LocalImageStore.open(join(folder, 'images'));
  return { database, images };
}

describe('sweeping', () => {
  it('finishes deletions and old registrations, and leaves young and live ones', async () => {
    const { database, images } = await open();
    const { image: live } = await enrol(database, { id: 'ada' });
    await images.put(live.key, picture);
    const [interrupted, young] = [createImageKey('image/png'), createImageKey('image/png')];
    for (const key of [interrupted, young]) {
      await database.blobs.announce(key);
      await images.put(key, picture);
    }
    await database.blobs.abandon(interrupted);

    const hourAgo = new Date(Date.now() - 3_600_000);
    expect(await sweepBlobs(database.blobs, images, hourAgo)).toEqual({ finished: 1, failures: [] });
    await expect(images.get(interrupted)).rejects.toThrow();
    expect(await images.get(young)).toHaveLength(3);

    expect(await sweepBlobs(database.blobs, images, ever)).toEqual({ finished: 1, failures: [] });
    await expect(images.get(young)).rejects.toThrow();
    expect(await images.get(live.key)).toHaveLength(3);
    expect(await unfinishedBlobs(database.blobs)).toEqual([]);
  });

  it('takes an announced file that was never written for deleted', async () => {
    const { database, images } = await open();
    await database.blobs.announce(createImageKey('image/webp'));
    expect(await sweepBlobs(database.blobs, images, ever)).toEqual({ finished: 1, failures: [] });
    expect(await unfinishedBlobs(database.blobs)).toEqual([]);
  });

  it('goes on after a file that cannot be deleted, and keeps its intent', async () => {
    const { database, images } = await open();
    const keys = [createImageKey('image/png'), createImageKey('image/png')].sort();
    for (const key of keys) await database.blobs.announce(key);
    const failure = new Error('read-only');
    const result = await sweepBlobs(
      database.blobs,
      {
        put: (key, bytes) => images.put(key, bytes),
        get: (key) => images.get(key),
        ping: () => images.ping(),
        delete: (key) => (key === keys[0] ? Promise.reject(failure) : images.delete(key)),
      },
      ever,
    );
    expect(result).toEqual({ finished: 1, failures: [failure] });
    expect(await unfinishedBlobs(database.blobs)).toEqual([{ key: keys[0], state: 'deleting' }]);
  });
});

describe('housekeeping', () => {
  it('finishes everything pending before it starts alone', async () => {
    const { database, images } = await open();
    await database.blobs.announce(createImageKey('image/webp'));
    const housekeeping = new Housekeeping({
      database,
      clock: new ClockWatch({ databaseNow: () => database.now(), logger }),
      images,
      logger,
    });
    await housekeeping.startAlone();
    await housekeeping.stop();
    expect(await unfinishedBlobs(database.blobs)).toEqual([]);
  });

  it('makes room among the counters', async () => {
    const { database, images } = await open();
    let now = 0;
    const counters = new MemoryCounters({ now: () => now });
    await counters.add('key', 1, { durationMs: 1_000, from: 'first' });
    now = 1_000;
    const housekeeping = new Housekeeping({
      database,
      clock: new ClockWatch({ databaseNow: () => database.now(), logger }),
      images,
      counters,
      logger,
      intervalMs: 1,
    });
    housekeeping.start();
    await vi.waitFor(() => {
      expect(counters.size).toBe(0);
    });
    await housekeeping.stop();
  });

  it('comes back round after round, goes on after a failure, and never runs twice at a time', async () => {
    const { database, images } = await open();
    let running = 0;
    let most = 0;
    let rounds = 0;
    const housekeeping = new Housekeeping({
      clock: new ClockWatch({ databaseNow: () => database.now(), logger }),
      database: {
        gallery: database.gallery,
        auditLog: database.auditLog,
        receipts: database.receipts,
        blobs: {
          announce: (key) => database.blobs.announce(key),
          forget: (key) => database.blobs.forget(key),
          abandon: (key) => database.blobs.abandon(key),
          expire: (key) => database.blobs.expire(key),
          expired: (before, first) => database.blobs.expired(before, first),
          unfinished: async (before, page) => {
            running += 1;
            most = Math.max(most, running);
            rounds += 1;
            try {
              if (rounds === 2) throw new Error('the database does not answer');
              return await database.blobs.unfinished(before, page);
            } finally {
              running -= 1;
            }
          },
        },
      },
      images,
      logger,
      intervalMs: 1,
    });
    housekeeping.start();
    await vi.waitFor(() => {
      expect(rounds).toBeGreaterThan(4);
    });
    await housekeeping.stop();
    const atStop = rounds;
    await database.ping();
    expect(rounds).toBe(atStop);
    expect(most).toBe(1);
  });

  const dayMs = 86_400_000;

  /** One round, with a clock that is ahead of the database's. */
  async function runRound(
    options: Pick<
      HousekeepingOptions,
      'images' | 'imageRetentionDays' | 'auditRetentionDays' | 'counters'
    > & {
      readonly database: Database;
    },
    aheadMs = 0,
  ): Promise<{ logs: Record<string, unknown>[]; clock: ClockWatch }> {
    const logs: Record<string, unknown>[] = [];
    const capturing = pino(
      {},
      { write: (line: string) => logs.push(JSON.parse(line) as (typeof logs)[number]) },
    );
    const clock = new ClockWatch({
      databaseNow: () => options.database.now(),
      ownNow: () => Date.now() + aheadMs,
      logger: capturing,
    });
    let rounds = 0;
    const counters = {
      removeExpired: async () => {
        await options.counters?.removeExpired();
        rounds += 1;
      },
    };
    const housekeeping = new Housekeeping({ ...options, clock, counters, logger: capturing, intervalMs: 1 });
    housekeeping.start();
    await vi.waitFor(() => {
      expect(rounds).toBeGreaterThan(1);
    });
    await housekeeping.stop();
    return { logs, clock };
  }

  /** A person whose picture is due by a retention of no days, and an entry that is due at once. */
  async function dueThings() {
    const { database, images } = await open();
    const { image } = await enrol(database, { id: 'ada' });
    await images.put(image.key, picture);
    const future = { ...database, now: async () => new Date((await database.now()).getTime() + 30 * dayMs) };
    return { database: future, images, image };
  }

  it('deletes what is old by the clock of the database', async () => {
    const { database, images, image } = await dueThings();
    const ahead = 30 * dayMs;
    await runRound({ database, images, imageRetentionDays: 20, auditRetentionDays: 20 }, ahead);
    await expect(images.get(image.key)).rejects.toThrow();
    expect(await database.auditLog.page({ first: 10 })).toEqual([]);
  });

  it.each([400, -400])(
    'deletes nothing while the clock of the node is %d days ahead, and says so',
    async (days) => {
      const { database, images } = await open();
      const { image } = await enrol(database, { id: 'ada' });
      await images.put(image.key, picture);
      const { logs, clock } = await runRound(
        { database, images, imageRetentionDays: 20, auditRetentionDays: 20 },
        days * dayMs,
      );
      expect(await images.get(image.key)).toHaveLength(3);
      expect(await database.auditLog.page({ first: 10 })).toHaveLength(1);
      expect(clock.wrong).toBe(true);
      expect(Math.round(clock.differenceSeconds / 86_400)).toBe(days);
      expect(logs[0]?.['msg']).toMatch(/differ by more than five minutes/);
    },
  );

  it('does every task although others fail, and names those', async () => {
    const { database, images } = await dueThings();
    const { auditLog, gallery } = database;
    const { logs } = await runRound(
      {
        database: {
          ...database,
          auditLog: Object.assign(Object.create(auditLog) as typeof auditLog, {
            forget: () => Promise.reject(new Error('too slow')),
          }),
        },
        images,
        auditRetentionDays: 20,
      },
      30 * dayMs,
    );
    expect(logs).toContainEqual(expect.objectContaining({ task: 'audit retention' }));
    // A cursor from before the forgotten changes has to load everything again.
    expect(await gallery.changesSince(0, 'model-a', 100)).toBeNull();
  });
});

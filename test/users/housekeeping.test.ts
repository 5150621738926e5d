import { join } from 'node:path';
import pino from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { MemoryCounters } from '../../src/limits/memory-counters.js';
import { createImageKey } from '../../src/storage/image-key.js';
import { LocalImageStore } from '../../src/storage/local-image-store.js';
import { sweepBlobs } from '../../src/storage/blob-sweeper.js';
import { Housekeeping } from '../../src/users/housekeeping.js';
import { enrol } from '../database/repository-suite.js';
import { openSqlite } from '../support/databases/open-sqlite.js';
import { temporaryFolder } from '../support/temporary-folder.js';

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
    expect(await database.blobs.unfinished(ever)).toEqual([]);
  });

  it('takes an announced file that was never written for deleted', async () => {
    const { database, images } = await open();
    await database.blobs.announce(createImageKey('image/webp'));
    expect(await sweepBlobs(database.blobs, images, ever)).toEqual({ finished: 1, failures: [] });
    expect(await database.blobs.unfinished(ever)).toEqual([]);
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
    expect(await database.blobs.unfinished(ever)).toEqual([{ key: keys[0], state: 'deleting' }]);
  });
});

describe('housekeeping', () => {
  it('finishes everything pending before it starts alone', async () => {
    const { database, images } = await open();
    await database.blobs.announce(createImageKey('image/webp'));
    const housekeeping = new Housekeeping({ database, images, logger });
    await housekeeping.startAlone();
    await housekeeping.stop();
    expect(await database.blobs.unfinished(ever)).toEqual([]);
  });

  it('makes room among the counters', async () => {
    const { database, images } = await open();
    let now = 0;
    const counters = new MemoryCounters({ now: () => now });
    await counters.add('key', 1, { durationMs: 1_000, from: 'first' });
    now = 1_000;
    const housekeeping = new Housekeeping({ database, images, counters, logger, intervalMs: 1 });
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
      database: {
        gallery: database.gallery,
        auditLog: database.auditLog,
        blobs: {
          announce: (key) => database.blobs.announce(key),
          forget: (key) => database.blobs.forget(key),
          abandon: (key) => database.blobs.abandon(key),
          expire: (key) => database.blobs.expire(key),
          expired: (before, first) => database.blobs.expired(before, first),
          unfinished: async (before) => {
            running += 1;
            most = Math.max(most, running);
            rounds += 1;
            try {
              if (rounds === 2) throw new Error('the database does not answer');
              return await database.blobs.unfinished(before);
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
});

import type { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { openSqliteDatabase } from '../../src/database/sqlite/open-sqlite-database.js';
import type { Database } from '../../src/database/database.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { introduceTestKey, testVault } from '../support/databases/test-vault.js';
import { announced, enrol } from './repository-suite.js';
import { testOrigin } from '../support/api/test-origin.js';

interface OpenDatabase {
  readonly database: Database;
  /** Threads in the order of their start: writer, reader, then those that replaced them. */
  readonly threads: readonly Worker[];
  readonly lost: readonly Error[];
}

async function open(folder = temporaryFolder()): Promise<OpenDatabase> {
  const threads: Worker[] = [];
  const lost: Error[] = [];
  const collect = (thread: Worker): number => threads.push(thread);
  process.on('worker', collect);
  const database = await openSqliteDatabase(folder, {
    vault: testVault,
    onThreadLost: (reason) => lost.push(reason),
  });
  await introduceTestKey(database);
  onTestFinished(async () => {
    process.off('worker', collect);
    await database.close();
  });
  return { database, threads, lost };
}

/**
 * Ends a thread between two statements, by a message it cannot read. `terminate()` within a statement would end the
 * whole process: SQLite's native code throws where nothing can catch.
 */
async function lose(thread: Worker | undefined): Promise<void> {
  if (thread === undefined) throw new Error('There is no such thread.');
  const gone = new Promise((resolve) => thread.once('exit', resolve));
  thread.postMessage(null);
  await gone;
}

it.each([
  ['writer', 0],
  ['reader', 1],
])('a lost %s is replaced by the next statement', async (_role, place) => {
  const { database, threads, lost } = await open();
  await enrol(database, { id: 'ada' });
  await lose(threads[place]);
  await expect.poll(() => lost).toHaveLength(1);

  expect(await database.users.find('ada')).not.toBeNull();
  await enrol(database, { id: 'bob', seed: 2 });
  await database.ping();
  expect((await database.users.list({ first: 5 })).map(({ id }) => id)).toEqual(['ada', 'bob']);
  expect(threads).toHaveLength(3);
});

it('health checks alone bring lost threads back', async () => {
  const { database, threads, lost } = await open();
  await Promise.all(threads.map(lose));
  await expect.poll(() => lost).toHaveLength(2);
  await expect(database.ping()).resolves.toBeUndefined();
});

it('writes cut off by a loss are whole or absent, fail retryably, and no rest of them is run', async () => {
  const { database, threads, lost } = await open();
  for (let round = 0; round < 6; round += 1) {
    const people = await Promise.all(
      Array.from({ length: 8 }, (_, place) =>
        announced(database, { id: `user-${round}-${place}`, seed: 100 * round + place }),
      ),
    );
    const before = lost.length;
    const outcomes = Promise.allSettled(people.map((person) => database.users.enrol(person, testOrigin)));
    // Later and later in the middle of the transactions.
    for (let turn = 0; turn < 6 * round; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await lose(threads.findLast((_, place) => place !== 1));
    for (const [place, outcome] of (await outcomes).entries()) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'UNAVAILABLE' });
      const id = `user-${round}-${place}`;
      const found = await database.users.find(id);
      const templates = await database.users.templatesOf(id, people[place]?.template.modelId ?? '');
      if (outcome.status === 'fulfilled') expect(found).not.toBeNull();
      expect(templates).toHaveLength(found === null ? 0 : 1);
    }
    expect(lost.length).toBe(before + 1);
  }
});

it('settings of the connection hold after a loss: no row without its parents', async () => {
  const { database, threads, lost } = await open();
  await lose(threads[0]);
  await expect.poll(() => lost).toHaveLength(1);
  const enrolment = await announced(database, { id: 'ada' });
  await database.blobs.abandon(enrolment.image.key);
  await database.blobs.forget(enrolment.image.key);
  await expect(database.users.enrol(enrolment, testOrigin)).rejects.toThrow();
  expect(await database.users.find('ada')).toBeNull();
});

it('a database with a lost thread can be closed, and opened again', async () => {
  const folder = temporaryFolder();
  const { database, threads, lost } = await open(folder);
  await enrol(database, { id: 'ada' });
  await lose(threads[0]);
  await expect.poll(() => lost).toHaveLength(1);
  await database.close();
  const again = await open(folder);
  expect(await again.database.users.find('ada')).not.toBeNull();
});

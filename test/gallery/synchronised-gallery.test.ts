import { expect, onTestFinished, test } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import { SynchronisedGallery } from '../../src/gallery/synchronised-gallery.js';
import type { Database } from '../../src/database/database.js';
import type { GalleryLog } from '../../src/gallery/gallery-log.js';
import { enrol } from '../database/repository-suite.js';
import { openSqlite } from '../support/databases/open-sqlite.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { unitVector } from '../support/models/unit-vectors.js';
import { testOrigin } from '../support/api/test-origin.js';

const MODEL = 'model-a';

async function openDatabase(): Promise<Database> {
  const database = await openSqlite(temporaryFolder());
  onTestFinished(() => database.close());
  return database;
}

function openGallery(log: GalleryLog, onThreadLost?: (reason: Error) => void): SynchronisedGallery {
  const gallery = new SynchronisedGallery({
    log,
    modelId: MODEL,
    dimension: 128,
    threads: 1,
    ...(onThreadLost && { onThreadLost }),
  });
  onTestFinished(() => gallery.close());
  return gallery;
}

test('finds people enrolled before it was loaded', async () => {
  const database = await openDatabase();
  await enrol(database, { id: 'ada', seed: 1 });
  await enrol(database, { id: 'bob', seed: 2 });
  const gallery = openGallery(database.gallery);
  await gallery.load();
  expect(gallery.size).toBe(2);
  expect(await gallery.bestOther(unitVector(2), 'ada')).toMatchObject({ userId: 'bob' });
});

test('sees every registration and deletion that was committed before the search', async () => {
  const database = await openDatabase();
  const gallery = openGallery(database.gallery);
  await gallery.load();
  for (let seed = 0; seed < 20; seed += 1) {
    const { template } = await enrol(database, { id: `user${seed}`, seed });
    expect(await gallery.bestOther(template.vector, 'nobody')).toMatchObject({ userId: `user${seed}` });
    if (seed % 3 !== 0) continue;
    await database.users.remove(`user${seed}`, testOrigin);
    const found = await gallery.bestOther(template.vector, 'nobody');
    expect(found?.userId).not.toBe(`user${seed}`);
  }
});

test('concurrent searches and registrations never miss what was committed before each search began', async () => {
  const database = await openDatabase();
  const gallery = openGallery(database.gallery);
  await Promise.all(
    Array.from({ length: 60 }, async (_, seed) => {
      const { template } = await enrol(database, { id: `user${seed}`, seed });
      expect(await gallery.bestOther(template.vector, 'nobody')).toMatchObject({ userId: `user${seed}` });
    }),
  );
  expect(gallery.size).toBe(60);
});

test('catches up although nobody searches, in pages of any number of revisions, and says when it cannot', async () => {
  const database = await openDatabase();
  let broken = true;
  const gallery = openGallery({
    revision: () => (broken ? Promise.reject(new Error('away')) : database.gallery.revision()),
    changesSince: (revision, model) => database.gallery.changesSince(revision, model, 7),
    snapshot: (model, onBatch) => database.gallery.snapshot(model, onBatch),
    forgetChanges: (before, first) => database.gallery.forgetChanges(before, first),
  });
  await gallery.load();
  const failures: unknown[] = [];
  gallery.follow((error) => failures.push(error), 1);
  for (let seed = 0; seed < 30; seed += 1) await enrol(database, { id: `user${seed}`, seed });
  await expect.poll(() => failures.length).toBeGreaterThan(1);
  broken = false;
  await expect.poll(() => gallery.revision).toBe(30);
  expect(gallery.size).toBe(30);
});

test('loads again, from the beginning, when the database breaks off retryably', async () => {
  const database = await openDatabase();
  for (let seed = 0; seed < 5; seed += 1) await enrol(database, { id: `user${seed}`, seed });
  let attempts = 0;
  const gallery = openGallery({
    revision: () => database.gallery.revision(),
    changesSince: (revision, model, first) => database.gallery.changesSince(revision, model, first),
    snapshot: async (model, onBatch) => {
      attempts += 1;
      const revision = await database.gallery.snapshot(model, onBatch);
      if (attempts === 1) throw new ServiceError('UNAVAILABLE');
      return revision;
    },
    forgetChanges: (before, first) => database.gallery.forgetChanges(before, first),
  });
  await gallery.load();
  expect(attempts).toBe(2);
  expect(gallery.size).toBe(5);
});

test('templates of another model are never compared', async () => {
  const database = await openDatabase();
  await enrol(database, { id: 'ada', seed: 1, modelId: 'model-b' });
  const gallery = openGallery(database.gallery);
  expect(await gallery.bestOther(unitVector(1), 'nobody')).toBeNull();
  await enrol(database, { id: 'bob', seed: 2, modelId: 'model-b' });
  expect(await gallery.bestOther(unitVector(2), 'nobody')).toBeNull();
});

test('a gallery left behind the oldest kept change loads everything again', async () => {
  const database = await openDatabase();
  const gallery = openGallery(database.gallery);
  await enrol(database, { id: 'ada', seed: 1 });
  await gallery.load();
  await enrol(database, { id: 'bob', seed: 2 });
  await database.users.remove('ada', testOrigin);
  await database.gallery.forgetChanges(new Date(Date.now() + 60_000), 1000);
  expect(await gallery.bestOther(unitVector(2), 'nobody')).toMatchObject({ userId: 'bob' });
  expect(await gallery.bestOther(unitVector(1), 'bob')).toBeNull();
  expect(gallery.size).toBe(1);
});

test('a database that does not answer is a retryable failure, and the next search works again', async () => {
  const database = await openDatabase();
  await enrol(database, { id: 'ada', seed: 1 });
  let broken = true;
  const log: GalleryLog = {
    revision: () => (broken ? Promise.reject(new Error('connection lost')) : database.gallery.revision()),
    changesSince: (revision, model, first) => database.gallery.changesSince(revision, model, first),
    snapshot: (model, onBatch) => database.gallery.snapshot(model, onBatch),
    forgetChanges: (before, first) => database.gallery.forgetChanges(before, first),
  };
  const gallery = openGallery(log);
  await expect(gallery.bestOther(unitVector(1), 'nobody')).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    retryable: true,
  });
  broken = false;
  expect(await gallery.bestOther(unitVector(1), 'nobody')).toMatchObject({ userId: 'ada' });
});

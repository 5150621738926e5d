import { expect, it, onTestFinished } from 'vitest';
import { SynchronisedGallery } from '../../src/gallery/synchronised-gallery.js';
import { IdempotentUserService } from '../../src/users/idempotency/idempotent-user-service.js';
import type { RequestOptions } from '../../src/users/user-service.js';
import { testOrigin } from '../support/api/test-origin.js';
import { openTextService } from '../support/service/open-text-service.js';
import { TEXT_MODEL_ID, textPicture } from '../support/service/text-face-service.js';
import { temporaryFolder } from '../support/temporary-folder.js';

async function open() {
  const folder = temporaryFolder();
  const galleries: SynchronisedGallery[] = [];
  const parts = await openTextService({
    folder,
    gallery: ({ gallery: log }) => {
      galleries.push(new SynchronisedGallery({ log, modelId: TEXT_MODEL_ID, dimension: 128, threads: 1 }));
      return galleries[0] as SynchronisedGallery;
    },
  });
  onTestFinished(async () => {
    await parts.housekeeping.stop();
    await galleries[0]?.close();
    await parts.database.close();
  });
  return { ...parts, folder, users: new IdempotentUserService(parts.service, parts.database.receipts) };
}

const named = (key: string, actor = 'key:gate'): RequestOptions => ({
  origin: testOrigin,
  idempotencyKey: { actor, field: 'any', key },
});

it('answers a repeated registration and deletion as the first time, and does them once', async () => {
  const { users, database } = await open();
  const first = await users.register('ann', textPicture(1), named('key-0001'));
  expect(await users.register('ann', textPicture(1), named('key-0001'))).toEqual(first);
  const removed = await users.remove('ann', named('key-0002'));
  expect(removed.filesDeleted).toHaveLength(1);
  expect(await users.remove('ann', named('key-0002'))).toEqual(removed);
  // Also after the person is gone: it is the first answer, not the present state.
  expect(await users.register('ann', textPicture(1), named('key-0001'))).toEqual(first);
  expect(await database.users.find('ann')).toBeNull();
  const noted = await database.auditLog.page({ first: 10 });
  expect(noted.map(({ operation }) => operation)).toEqual(['register', 'delete']);
});

it('answers a repeated verification and a repeated addition as the first time', async () => {
  const { users } = await open();
  await users.register('ann', textPicture(1), named('key-0001'));
  const verified = await users.verify('ann', textPicture(1), named('key-0002'));
  expect(verified.verified).toBe(true);
  await users.remove('ann', named('key-0003'));
  expect(await users.verify('ann', textPicture(1), named('key-0002'))).toEqual(verified);

  await users.register('bob', textPicture(2), named('key-0004'));
  expect(await users.addImage('bob', textPicture(2), named('key-0005'))).toEqual({ images: 2 });
  expect(await users.addImage('bob', textPicture(2), named('key-0005'))).toEqual({ images: 2 });
});

it('refuses another request under the same key, and leaves other callers their own keys', async () => {
  const { users } = await open();
  await users.register('ann', textPicture(1), named('key-0001'));
  for (const other of [
    users.register('ann', textPicture(2), named('key-0001')),
    users.register('bob', textPicture(1), named('key-0001')),
    users.verify('ann', textPicture(1), named('key-0001')),
    users.remove('ann', named('key-0001')),
  ])
    await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH', status: 422 });
  await users.register('bob', textPicture(2), named('key-0001', 'key:desk'));
});

it('keeps no answer of a refusal: the request may be repeated when its cause is gone', async () => {
  const { users } = await open();
  await users.register('ann', textPicture(1), named('key-0001'));
  const again = () => users.register('ann', textPicture(1), named('key-0002'));
  await expect(again()).rejects.toMatchObject({ code: 'USER_EXISTS' });
  await users.remove('ann', named('key-0003'));
  expect(await again()).toMatchObject({ id: 'ann' });
});

it('lets one of many equal requests at once do the work, and gives all of them its answer', async () => {
  const { users, database } = await open();
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => users.register('ann', textPicture(1), named('key-0001'))),
  );
  expect(new Set(answers.map(({ timestamp }) => timestamp.getTime())).size).toBe(1);
  expect(await database.users.templatesOf('ann', TEXT_MODEL_ID)).toHaveLength(1);
});

it('keeps an answer together with the change, sealed, and forgets it when it is old', async () => {
  const { service, users, database } = await open();
  const stored = await users.register('ann', textPicture(1), named('key-0001')).then(() => database.receipts);
  expect(await stored.forget(new Date(Date.now() - 60_000), 10)).toBe(0);
  expect(await stored.forget(new Date(Date.now() + 60_000), 10)).toBe(1);
  await expect(users.register('ann', textPicture(1), named('key-0001'))).rejects.toMatchObject({
    code: 'USER_EXISTS',
  });

  // A transaction that is rolled back takes its answer along.
  const kept: unknown[] = [];
  const receipt = {
    keyHash: Buffer.alloc(32, 7),
    written: (answer: unknown) => {
      kept.push(answer);
      return { keyHash: Buffer.alloc(32, 7), fingerprint: Buffer.alloc(32), answer: Buffer.alloc(40) };
    },
  };
  await expect(service.remove('nobody', { origin: testOrigin, receipt })).rejects.toMatchObject({
    code: 'USER_NOT_FOUND',
  });
  expect(await stored.find(Buffer.alloc(32, 7))).toBeNull();
  await service.remove('ann', { origin: testOrigin, receipt });
  expect(kept.at(-1)).toEqual({ filesDeleted: [expect.any(String)] });
  expect(await stored.find(Buffer.alloc(32, 7))).not.toBeNull();
});

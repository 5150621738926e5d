import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { SynchronisedGallery } from '../../src/gallery/synchronised-gallery.js';
import { BackgroundProtection } from '../../src/protection/background-protection.js';
import { UserProtector } from '../../src/protection/user-protector.js';
import { encodeVector } from '../../src/protection/vector-bytes.js';
import { filesHolding } from '../support/databases/files-holding.js';
import { openTextService, type TextService } from '../support/service/open-text-service.js';
import { readDataFolder } from '../support/databases/read-data-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { TEXT_MODEL_ID, textPicture, textTemplate } from '../support/service/text-face-service.js';
import { unprotectFolder } from '../support/databases/unprotect-folder.js';
import { testRequest } from '../support/api/test-origin.js';
import { unfinishedBlobs } from '../support/databases/unfinished-blobs.js';

const people = Array.from({ length: 8 }, (_, person) => person);

async function open(folder: string): Promise<TextService> {
  const parts = await openTextService({
    folder,
    gallery: ({ gallery: log }) => {
      const gallery = new SynchronisedGallery({ log, modelId: TEXT_MODEL_ID, dimension: 128, threads: 1 });
      onTestFinished(() => gallery.close());
      return gallery;
    },
  });
  onTestFinished(() => close(parts));
  return parts;
}

async function close({ housekeeping, database }: TextService): Promise<void> {
  await housekeeping.stop();
  await database.close();
}

/** A folder as a program without protection left it, with everybody registered and two pictures of the first. */
async function oldFolder(): Promise<string> {
  const folder = temporaryFolder();
  const parts = await open(folder);
  for (const person of people)
    await parts.service.register(`user-${person}`, textPicture(person), testRequest);
  await parts.service.addImage('user-0', textPicture(0), testRequest);
  await close(parts);
  unprotectFolder(folder);
  return folder;
}

/** Template and picture of everybody, as they were given. */
const plain = people.flatMap((person) => [encodeVector(textTemplate(person)), textPicture(person)]);

function protection(parts: TextService): BackgroundProtection {
  const background = new BackgroundProtection({ ...parts, logger: pino({ level: 'silent' }) });
  onTestFinished(() => background.stop());
  return background;
}

async function expectEverybodyVerified({ service }: TextService): Promise<void> {
  for (const person of people) {
    const { verified } = await service.verify(`user-${person}`, textPicture(person), testRequest);
    expect(verified).toBe(true);
    const stranger = await service.verify(`user-${person}`, textPicture(person + 100), testRequest);
    expect(stranger.verified).toBe(false);
  }
}

it('seals everything that was stored before, and everybody is verified before, meanwhile and after', async () => {
  const folder = await oldFolder();
  expect(filesHolding(folder, plain)).not.toEqual([]);
  const parts = await open(folder);
  await expectEverybodyVerified(parts);
  expect(await parts.database.protection.countUnprotected()).toBe(people.length);

  const background = protection(parts);
  background.start();
  await expectEverybodyVerified(parts);
  await background.done();

  expect(await parts.database.protection.countUnprotected()).toBe(0);
  expect(filesHolding(folder, plain)).toEqual([]);
  await expectEverybodyVerified(parts);
  await parts.service.remove('user-0', testRequest);
  await close(parts);
  expect(readDataFolder(folder).problems).toEqual([]);
  expect(readDataFolder(folder).people.size).toBe(people.length - 1);
});

it('goes on at the next start where it was stopped', async () => {
  const folder = await oldFolder();
  const first = await open(folder);
  const background = protection(first);
  background.start();
  await expect.poll(() => first.database.protection.countUnprotected()).toBeLessThan(people.length);
  await background.stop();
  await close(first);

  const second = await open(folder);
  const next = protection(second);
  next.start();
  await next.done();
  expect(await second.database.protection.countUnprotected()).toBe(0);
  await expectEverybodyVerified(second);
});

it('seals a user who gets another picture first, and survives deletions and registrations meanwhile', async () => {
  const folder = await oldFolder();
  const parts = await open(folder);
  expect(await parts.service.addImage('user-1', textPicture(1), testRequest)).toEqual({ images: 2 });
  expect(await parts.database.protection.keyOf('user-1')).not.toBeNull();
  const background = protection(parts);
  background.start();
  await Promise.all([
    ...people.slice(4).map((person) => parts.service.remove(`user-${person}`, testRequest)),
    parts.service.register('new', textPicture(50), testRequest),
    background.done(),
  ]);
  expect(await parts.database.protection.countUnprotected()).toBe(0);
  expect((await parts.service.verify('user-1', textPicture(1), testRequest)).verified).toBe(true);
  expect((await parts.service.verify('new', textPicture(50), testRequest)).verified).toBe(true);
  for (const person of people.slice(4))
    await expect(
      parts.service.verify(`user-${person}`, textPicture(person), testRequest),
    ).rejects.toMatchObject({
      code: 'INVALID_USER',
    });
  expect(filesHolding(folder, plain)).toEqual([]);
  expect(await unfinishedBlobs(parts.database.blobs)).toEqual([]);
});

it('leaves a user whose picture is missing as they are, and does the others', async () => {
  const folder = await oldFolder();
  const parts = await open(folder);
  const holdings = await parts.database.protection.holdingsOf('user-3');
  await parts.images.delete(holdings?.images[0]?.key ?? '');
  const background = protection(parts);
  background.start();
  await background.done();
  expect(await parts.database.protection.unprotected({ first: 10 })).toEqual(['user-3']);
  await expectEverybodyVerified(parts);
  expect(await unfinishedBlobs(parts.database.blobs)).toEqual([]);
});

it('names the cause when a picture cannot be stored, also when the cleanup fails too', async () => {
  const parts = await open(await oldFolder());
  const { database, images, vault } = parts;
  const protector = new UserProtector({
    logger: pino({ level: 'silent' }),
    database: {
      ...database,
      blobs: {
        announce: (key) => database.blobs.announce(key),
        forget: (key, leastAgeSeconds) => database.blobs.forget(key, leastAgeSeconds),
        abandon: () => Promise.reject(new Error('cleanup failed')),
        expired: () => Promise.resolve([]),
        expire: () => Promise.resolve(false),
        unfinished: () => Promise.resolve([]),
      },
    },
    images: {
      get: (key) => images.get(key),
      put: () => Promise.reject(new Error('put failed')),
      delete: (key) => images.delete(key),
      ping: () => images.ping(),
    },
    vault,
  });
  await expect(protector.protect('user-1')).rejects.toThrow('put failed');
});

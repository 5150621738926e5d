import { DatabaseSync } from '@photostructure/sqlite';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import { importPeople, type ImportOptions } from '../../src/import/import-people.js';
import { peopleInFolder, type RefusedFile } from '../../src/import/people-in-folder.js';
import { Enroller } from '../../src/users/enroller.js';
import { openTextService, type TextService } from '../support/service/open-text-service.js';
import { readDataFolder } from '../support/databases/read-data-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { failingPicture, TEXT_MODEL_ID, textPicture } from '../support/service/text-face-service.js';
import { testRequest } from '../support/api/test-origin.js';

interface Import {
  readonly parts: TextService;
  readonly dataFolder: string;
  readonly refused: RefusedFile[];
  readonly run: (options?: Partial<ImportOptions>) => ReturnType<typeof importPeople>;
}

/** An import from a folder of the given files into a new database that may hold users without a face. */
async function open(files: Record<string, Uint8Array>, legacyUsers: readonly string[] = []): Promise<Import> {
  const folder = temporaryFolder();
  const dataFolder = temporaryFolder();
  for (const [file, bytes] of Object.entries(files)) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), bytes);
  }
  const parts = await openTextService({
    folder: dataFolder,
    gallery: () => ({ size: 0, bestOther: () => Promise.resolve(null) }),
  });
  onTestFinished(async () => {
    await parts.housekeeping.stop();
    await parts.database.close();
  });
  const raw = new DatabaseSync(join(dataFolder, 'facial-verification.sqlite'));
  for (const id of legacyUsers) raw.prepare('INSERT INTO users (id, timestamp) VALUES (?, 1000)').run(id);
  raw.close();
  const refused: RefusedFile[] = [];
  const run = async (options: Partial<ImportOptions> = {}) => {
    const { people } = await peopleInFolder(folder);
    return importPeople(people, {
      folder,
      users: parts.database.users,
      enroller: new Enroller({ ...parts, logger: pino({ level: 'silent' }) }),
      modelId: TEXT_MODEL_ID,
      maxImageBytes: 10_000,
      concurrency: 3,
      signal: new AbortController().signal,
      onRefused: (file) => refused.push(file),
      onProgress: () => undefined,
      retryDelayMs: 1,
      ...options,
    });
  };
  return { parts, dataFolder, refused, run };
}

it('enrols everybody with a usable picture and goes on after every other', async () => {
  const { run, refused, dataFolder, parts } = await open({
    'ada.jpg': textPicture(1),
    'bob.jpg': failingPicture('NO_FACE'),
    'cid.jpg': Buffer.from('no text picture'),
    'dee.jpg': textPicture(4),
    'eve.jpg': failingPicture('SEVERAL_FACES'),
    'fay.jpg': textPicture(6),
  });
  expect(await run()).toEqual({ enrolled: 3, skipped: 0, refused: 3 });
  expect(refused.map(({ file }) => file).sort()).toEqual(['bob.jpg', 'cid.jpg', 'eve.jpg']);
  expect(refused.find(({ file }) => file === 'bob.jpg')?.reason).toBe('No face was found in the image');

  const { people, problems } = readDataFolder(dataFolder);
  expect(problems).toEqual([]);
  expect([...people.keys()]).toEqual(['ada', 'dee', 'fay']);
  expect(people.get('dee')?.picture).toEqual(Buffer.from(textPicture(4)));
  expect((await parts.service.verify('fay', textPicture(6), testRequest)).verified).toBe(true);
});

it('skips who is enrolled without looking at a picture again', async () => {
  const { run, parts, refused } = await open({ 'ada.jpg': textPicture(1), 'bob.jpg': textPicture(2) });
  await run();
  parts.faces.extractions = 0;
  expect(await run()).toEqual({ enrolled: 0, skipped: 2, refused: 0 });
  expect(parts.faces.extractions).toBe(0);
  expect(refused).toEqual([]);
});

it('enrols users who are registered without a face, and keeps their time', async () => {
  const { run, parts, dataFolder } = await open({ 'ada.jpg': textPicture(1), 'bob.jpg': textPicture(2) }, [
    'ada',
    'zoe',
  ]);
  await expect(parts.service.verify('ada', textPicture(1), testRequest)).rejects.toMatchObject({
    code: 'NOT_ENROLLED',
  });
  expect(await run()).toEqual({ enrolled: 2, skipped: 0, refused: 0 });

  expect((await parts.service.verify('ada', textPicture(1), testRequest)).verified).toBe(true);
  expect((await parts.database.users.find('ada'))?.timestamp).toEqual(new Date(1_000_000));
  await expect(parts.service.verify('zoe', textPicture(1), testRequest)).rejects.toMatchObject({
    code: 'NOT_ENROLLED',
  });
  expect(readDataFolder(dataFolder).problems).toEqual([
    'no template of zoe',
    'image of zoe is null',
    '2 images, 3 users',
    '2 templates, 3 users',
    '2 blobs, 3 users',
    '2 user_keys, 3 users',
    '2 files, 3 users',
  ]);
});

it('takes the first picture of a person that is accepted, and reports the others tried', async () => {
  const { run, refused, dataFolder } = await open({
    'ada/1.jpg': failingPicture('FACE_TOO_BLURRED'),
    'ada/2.jpg': textPicture(2),
    'ada/3.jpg': textPicture(3),
    'bob/1.jpg': failingPicture('NO_FACE'),
    'bob/2.jpg': failingPicture('FACE_TOO_SMALL'),
  });
  expect(await run()).toEqual({ enrolled: 1, skipped: 0, refused: 1 });
  expect(readDataFolder(dataFolder).people.get('ada')?.picture).toEqual(Buffer.from(textPicture(2)));
  expect(refused.map(({ file }) => file).sort()).toEqual(['ada/1.jpg', 'bob/1.jpg', 'bob/2.jpg']);
});

it('waits for what is unavailable for the moment, and reports what stays so', async () => {
  const { run, parts, refused } = await open({ 'ada.jpg': textPicture(1) });
  let failures = 3;
  const enroller = new Enroller({ ...parts, logger: pino({ level: 'silent' }) });
  parts.faces.during = () => {
    if (failures-- <= 0) return Promise.resolve();
    return Promise.reject(new ServiceError('UNAVAILABLE'));
  };
  expect(await run({ enroller })).toEqual({ enrolled: 1, skipped: 0, refused: 0 });
  expect(refused).toEqual([]);

  await parts.service.remove('ada', testRequest);
  failures = Infinity;
  expect(await run({ enroller })).toEqual({ enrolled: 0, skipped: 0, refused: 1 });
  expect(refused).toHaveLength(1);
});

it('refuses a file that is too large before it is read, and one that cannot be read', async () => {
  const { run, refused, parts } = await open({
    'ada.jpg': new Uint8Array(10_001),
    'bob.jpg/1.jpg': textPicture(2),
  });
  expect(await run()).toMatchObject({ refused: 1 });
  expect(refused).toEqual([{ file: 'ada.jpg', reason: 'The image is too large' }]);
  expect(parts.faces.extractions).toBe(1);
  expect(await parts.database.users.find('bob.jpg')).not.toBeNull();
});

it('leaves the rest for the next run when it is interrupted, with nothing half done', async () => {
  const files = Object.fromEntries(
    Array.from({ length: 20 }, (_, person) => [`user-${person}.jpg`, textPicture(person)]),
  );
  const { run, parts, refused, dataFolder } = await open(files);
  const interruption = new AbortController();
  parts.faces.during = () => {
    if (parts.faces.extractions === 7) interruption.abort();
    return Promise.resolve();
  };
  const { enrolled } = await run({ signal: interruption.signal });
  expect(enrolled).toBeGreaterThan(0);
  expect(enrolled).toBeLessThan(8);
  expect(refused).toEqual([]);
  expect(readDataFolder(dataFolder).problems).toEqual([]);
  expect(readDataFolder(dataFolder).people.size).toBe(enrolled);

  expect(await run()).toEqual({ enrolled: 20 - enrolled, skipped: enrolled, refused: 0 });
  expect(readDataFolder(dataFolder).problems).toEqual([]);
});

import { DatabaseSync } from '@photostructure/sqlite';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SynchronisedGallery } from '../../src/gallery/synchronised-gallery.js';
import { EnvelopeError } from '../../src/protection/envelope.js';
import { readImage } from '../../src/protection/read-image.js';
import { openTextService, type TextService } from '../support/service/open-text-service.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { TEXT_MODEL_ID, textPicture, textTemplate } from '../support/service/text-face-service.js';
import { testRequest } from '../support/api/test-origin.js';

interface Tampered extends TextService {
  readonly gallery: SynchronisedGallery;
  readonly folder: string;
}

/** Ada (1) and Bob (2) are enrolled, somebody changes the database file, and the service starts again. */
async function afterTampering(sql: string): Promise<Tampered> {
  const folder = temporaryFolder();
  const first = await openTextService({
    folder,
    gallery: () => ({ size: 0, bestOther: () => Promise.resolve(null) }),
  });
  await first.service.register('ada', textPicture(1), testRequest);
  await first.service.register('bob', textPicture(2), testRequest);
  await first.housekeeping.stop();
  await first.database.close();
  const raw = new DatabaseSync(join(folder, 'facial-verification.sqlite'));
  raw.exec(sql);
  raw.close();

  const galleries: SynchronisedGallery[] = [];
  const second = await openTextService({
    folder,
    gallery: ({ gallery: log }) => {
      const opened = new SynchronisedGallery({ log, modelId: TEXT_MODEL_ID, dimension: 128, threads: 1 });
      galleries.push(opened);
      return opened;
    },
  });
  const [gallery] = galleries;
  if (gallery === undefined) throw new Error('No gallery was made.');
  onTestFinished(async () => {
    await second.housekeeping.stop();
    await gallery.close();
    await second.database.close();
  });
  return { ...second, gallery, folder };
}

const BOBS_TEMPLATE = "(SELECT vector FROM templates WHERE user_id = 'bob')";
const bobsKey = (column: string) => `(SELECT ${column} FROM user_keys WHERE user_id = 'bob')`;

it.each([
  [
    "a template copied from another user's row",
    `UPDATE templates SET vector = ${BOBS_TEMPLATE} WHERE user_id = 'ada'`,
  ],
  [
    "another user's template under one's own id",
    "DELETE FROM templates WHERE user_id = 'ada'; UPDATE templates SET user_id = 'ada' WHERE user_id = 'bob'",
  ],
  [
    "a template and its key copied from another user's rows",
    `UPDATE templates SET vector = ${BOBS_TEMPLATE} WHERE user_id = 'ada';
     UPDATE user_keys SET wrapped = ${bobsKey('wrapped')} WHERE user_id = 'ada'`,
  ],
  [
    'rows of two users exchanged, with their keys',
    `UPDATE user_keys SET wrapped = ${bobsKey('wrapped')}, pseudonym = 'p' WHERE user_id = 'ada';
     UPDATE templates SET user_id = 'ada', id = (SELECT id FROM templates WHERE user_id = 'ada') || 'x' WHERE user_id = 'bob'`,
  ],
  ['a template said to be of another model', "UPDATE templates SET model_id = 'text-faces', id = id || 'x'"],
  ['a changed template', "UPDATE templates SET vector = zeroblob(541) WHERE user_id = 'ada'"],
])('%s lets nobody in, and keeps nobody else out', async (_, sql) => {
  const { service, gallery } = await afterTampering(sql);
  await expect(service.verify('ada', textPicture(2), testRequest)).rejects.toThrow(EnvelopeError);
  await expect(service.verify('ada', textPicture(1), testRequest)).rejects.toThrow(EnvelopeError);
  expect(await gallery.closest(textTemplate(2), 10)).not.toContainEqual(
    expect.objectContaining({ userId: 'ada', score: expect.closeTo(1) as number }),
  );
  await service.register('cid', textPicture(3), testRequest);
  expect((await service.verify('cid', textPicture(3), testRequest)).verified).toBe(true);
});

it('a picture copied to the file of another user does not open', async () => {
  const { database, images, folder } = await afterTampering('SELECT 1');
  const [ada, bob] = await Promise.all(['ada', 'bob'].map((id) => database.protection.holdingsOf(id)));
  const [adasKey = '', bobsFile = ''] = [ada?.images[0]?.key, bob?.images[0]?.key];
  const image = { userId: 'ada', key: adasKey };
  const sources = { images, protection: database.protection };
  expect(Buffer.from(await readImage(image, sources))).toEqual(Buffer.from(textPicture(1)));
  copyFileSync(join(folder, 'images', bobsFile), join(folder, 'images', adasKey));
  await expect(readImage(image, sources)).rejects.toThrow(EnvelopeError);
});

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import type { Gallery } from '../../src/gallery/gallery.js';
import { SynchronisedGallery } from '../../src/gallery/synchronised-gallery.js';
import type { ImageStore } from '../../src/storage/image-store.js';
import { openTextService, type TextService } from '../support/service/open-text-service.js';
import { readDataFolder } from '../support/databases/read-data-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { failingPicture, TEXT_MODEL_ID, textPicture } from '../support/service/text-face-service.js';
import { testOrigin, testRequest } from '../support/api/test-origin.js';
import { unfinishedBlobs } from '../support/databases/unfinished-blobs.js';

interface OpenOptions {
  readonly wrapImages?: (images: ImageStore) => ImageStore;
  readonly wrapGallery?: (gallery: Gallery) => Gallery;
}

async function open({ wrapImages, wrapGallery }: OpenOptions = {}): Promise<
  TextService & { folder: string }
> {
  const folder = temporaryFolder();
  const parts = await openTextService({
    folder,
    gallery: (database) => {
      const gallery = new SynchronisedGallery({
        log: database.gallery,
        modelId: TEXT_MODEL_ID,
        dimension: 128,
        threads: 1,
      });
      onTestFinished(() => gallery.close());
      return wrapGallery?.(gallery) ?? gallery;
    },
    ...(wrapImages && { wrapImages }),
  });
  onTestFinished(async () => {
    await parts.housekeeping.stop();
    await parts.database.close();
  });
  return { ...parts, folder };
}

/** Keys of the image files in a data folder, and names of unfinished ones. */
function filesIn(folder: string): string[] {
  const images = join(folder, 'images');
  return readdirSync(images)
    .flatMap((shard) => readdirSync(join(images, shard)).map((name) => `${shard}/${name}`))
    .sort();
}

describe('registration', () => {
  it('stores user, picture and template', async () => {
    const { service, database, folder } = await open();
    const user = await service.register('ada', textPicture(1), testRequest);

    expect(user.id).toBe('ada');
    expect(user.timestamp.getMilliseconds()).toBe(0);
    expect(Math.abs(Date.now() - user.timestamp.getTime())).toBeLessThan(60_000);
    expect(await service.list({ first: 10 })).toEqual([user]);
    const [file = ''] = filesIn(folder);
    expect(filesIn(folder)).toHaveLength(1);
    expect(file).not.toContain('ada');
    const { people, problems } = readDataFolder(folder);
    expect(problems).toEqual([]);
    expect(people.get('ada')?.picture).toEqual(Buffer.from(textPicture(1)));
    expect(readFileSync(join(folder, 'images', file)).includes(Buffer.from(textPicture(1)))).toBe(false);
    expect(await unfinishedBlobs(database.blobs)).toEqual([]);
  });

  it('of a taken id is refused before the picture is looked at', async () => {
    const { service, faces } = await open();
    await service.register('ada', textPicture(1), testRequest);
    await expect(service.register('ada', failingPicture('NO_FACE'), testRequest)).rejects.toMatchObject({
      code: 'USER_EXISTS',
    });
    expect(faces.extractions).toBe(1);
  });

  it('of a bad id is refused before anything else', async () => {
    const { service, faces } = await open();
    await expect(service.register('a\nb', textPicture(1), testRequest)).rejects.toMatchObject({
      code: 'BAD_ID',
    });
    await expect(service.verify('', textPicture(1), testRequest)).rejects.toMatchObject({ code: 'BAD_ID' });
    await expect(service.remove('x'.repeat(256), testRequest)).rejects.toMatchObject({ code: 'BAD_ID' });
    expect(faces.extractions).toBe(0);
  });

  it('is won by exactly one of many at once, and the others leave nothing', async () => {
    const { service, database, folder } = await open();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, (_, person) => service.register('ada', textPicture(person), testRequest)),
    );

    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'USER_EXISTS' });
    expect(filesIn(folder)).toHaveLength(1);
    expect(await unfinishedBlobs(database.blobs)).toEqual([]);
    expect((await service.verify('ada', textPicture(winner), testRequest)).verified).toBe(true);
  });

  it('without a usable face leaves nothing', async () => {
    const { service, database, folder } = await open();
    await expect(service.register('ada', failingPicture('SEVERAL_FACES'), testRequest)).rejects.toMatchObject(
      {
        code: 'SEVERAL_FACES',
      },
    );
    expect(await database.users.find('ada')).toBeNull();
    expect(filesIn(folder)).toEqual([]);
    expect(await unfinishedBlobs(database.blobs)).toEqual([]);
  });

  it('reports why a picture could not be stored, and leaves nothing', async () => {
    const { service, database, folder } = await open({
      wrapImages: (images) => ({
        ...forwarding(images),
        put: async (key, bytes) => {
          await images.put(key, bytes);
          throw new ServiceError('UNAVAILABLE', { message: 'the disk is full' });
        },
      }),
    });
    await expect(service.register('ada', textPicture(1), testRequest)).rejects.toThrow('the disk is full');
    expect(await database.users.find('ada')).toBeNull();
    expect(filesIn(folder)).toEqual([]);
    expect(await unfinishedBlobs(database.blobs)).toEqual([]);
  });

  it('reports the first failure when cleaning up fails as well', async () => {
    const { service, database } = await open({
      wrapImages: (images) => ({
        ...forwarding(images),
        put: () => Promise.reject(new Error('put failed')),
        delete: () => Promise.reject(new Error('delete failed')),
      }),
    });
    await expect(service.register('ada', textPicture(1), testRequest)).rejects.toThrow('put failed');
    expect(await unfinishedBlobs(database.blobs)).toMatchObject([{ state: 'deleting' }]);
  });

  it('is given up when the client goes away before anything is written', async () => {
    const { service, faces, database } = await open();
    const client = new AbortController();
    faces.during = () => {
      client.abort();
      return Promise.resolve();
    };
    await expect(
      service.register('ada', textPicture(1), { origin: testOrigin, signal: client.signal }),
    ).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    await expect(
      service.register('ada', textPicture(1), { origin: testOrigin, signal: client.signal }),
    ).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(faces.extractions).toBe(1);
    expect(await database.users.find('ada')).toBeNull();
    expect(await unfinishedBlobs(database.blobs)).toEqual([]);
  });

  it('is finished when the client goes away after the first write', async () => {
    const client = new AbortController();
    const { service, database } = await open({
      wrapImages: (images) => ({
        ...forwarding(images),
        put: (key, bytes) => {
          client.abort();
          return images.put(key, bytes);
        },
      }),
    });
    await service.register('ada', textPicture(1), { origin: testOrigin, signal: client.signal });
    expect(await database.users.find('ada')).not.toBeNull();
  });
});

describe('registration with several pictures', () => {
  const together = {
    origin: testOrigin,
    moreImages: [textPicture(1, { person: 2, share: 0.1 }), textPicture(1)],
  };

  it('stores all of them, and a deletion removes all', async () => {
    const { service, database, folder } = await open();
    await service.register('ada', textPicture(1), together);
    expect(filesIn(folder)).toHaveLength(3);
    expect(await database.users.templatesOf('ada', TEXT_MODEL_ID)).toHaveLength(3);
    expect(await service.verify('ada', textPicture(1), testRequest)).toMatchObject({ verified: true });
    expect((await service.remove('ada', testRequest)).filesDeleted).toHaveLength(3);
    expect(filesIn(folder)).toEqual([]);
    expect(await unfinishedBlobs(database.blobs)).toEqual([]);
  });

  it.each([
    ['shows somebody else', textPicture(2), 'DIFFERENT_PERSON', 'Image 3 does not seem to show'],
    ['shows no face', failingPicture('NO_FACE'), 'NO_FACE', 'Image 3: No face was found'],
    ['is too dark to keep', failingPicture('FACE_TOO_DARK'), 'FACE_TOO_DARK', 'Image 3: The face'],
  ])('stores none of them when one %s', async (_case, picture, code, message) => {
    const { service, database, folder } = await open();
    const registration = service.register('ada', textPicture(1), {
      origin: testOrigin,
      moreImages: [textPicture(1), picture],
    });
    await expect(registration).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
    expect(await database.users.find('ada')).toBeNull();
    expect(filesIn(folder)).toEqual([]);
    expect(await unfinishedBlobs(database.blobs)).toEqual([]);
  });

  it('stores none of them when one cannot be written', async () => {
    let puts = 0;
    const { service, database, folder } = await open({
      wrapImages: (images) => ({
        ...forwarding(images),
        put: async (key, bytes) => {
          puts += 1;
          if (puts === 3) throw new Error('put failed');
          await images.put(key, bytes);
        },
      }),
    });
    await expect(service.register('ada', textPicture(1), together)).rejects.toThrow('put failed');
    expect(await database.users.find('ada')).toBeNull();
    expect(filesIn(folder)).toEqual([]);
    expect(await unfinishedBlobs(database.blobs)).toEqual([]);
  });

  it('refuses more than five before it looks at any', async () => {
    const { service, faces } = await open();
    const moreImages = Array.from({ length: 5 }, () => textPicture(1));
    await expect(
      service.register('ada', textPicture(1), { origin: testOrigin, moreImages }),
    ).rejects.toMatchObject({
      code: 'IMAGE_COUNT',
    });
    expect(faces.extractions).toBe(0);
  });
});

describe('a further picture', () => {
  it('is kept beside the first, and both count', async () => {
    const { service, folder } = await open();
    await service.register('ada', textPicture(1), testRequest);
    const probe = textPicture(1, { person: 2, share: 0.3 });
    const before = await service.verify('ada', probe, testRequest);

    expect(await service.addImage('ada', probe, testRequest)).toEqual({ images: 2 });

    expect(filesIn(folder)).toHaveLength(2);
    const after = await service.verify('ada', probe, testRequest);
    expect(after.similarity).toBeGreaterThan(before.similarity);
    expect((await service.remove('ada', testRequest)).filesDeleted).toHaveLength(2);
    expect(filesIn(folder)).toEqual([]);
  });

  it.each([
    ['of somebody else', textPicture(3), 'DIFFERENT_PERSON'],
    [
      'that resembles another user clearly more',
      textPicture(1, { person: 2, share: 0.4 }),
      'RESEMBLES_OTHER',
    ],
    ['without a face', failingPicture('NO_FACE'), 'NO_FACE'],
  ])('%s is refused and not kept', async (_case, picture, code) => {
    const { service, database, folder } = await open();
    await service.register('ada', textPicture(1), testRequest);
    await service.register('twin', textPicture(1, { person: 2, share: 0.45 }), testRequest);
    await expect(service.addImage('ada', picture, testRequest)).rejects.toMatchObject({ code });
    expect(await database.users.templatesOf('ada', TEXT_MODEL_ID)).toHaveLength(1);
    expect(filesIn(folder)).toHaveLength(2);
    expect(await unfinishedBlobs(database.blobs)).toEqual([]);
  });

  it('of nobody registered is refused before it is looked at', async () => {
    const { service, faces } = await open();
    await expect(service.addImage('ada', textPicture(1), testRequest)).rejects.toMatchObject({
      code: 'USER_NOT_FOUND',
    });
    expect(faces.extractions).toBe(0);
  });

  it('is refused when there are as many as are kept, however many come at once', async () => {
    const { service, folder } = await open();
    await service.register('ada', textPicture(1), testRequest);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 14 }, () => service.addImage('ada', textPicture(1), testRequest)),
    );
    const counts = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? [outcome.value.images] : [],
    );
    expect(counts.sort((one, two) => one - two)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'IMAGE_LIMIT' });
    expect(filesIn(folder)).toHaveLength(10);
  });

  it('does not reach somebody who registers under the id while it is being added', async () => {
    let act = (): Promise<unknown> => Promise.resolve();
    const { service, database, folder } = await open({
      wrapImages: (images) => ({
        ...forwarding(images),
        put: async (key, bytes) => {
          const acting = act;
          act = () => Promise.resolve();
          await acting();
          await images.put(key, bytes);
        },
      }),
    });
    await service.register('ada', textPicture(1), testRequest);
    act = async () => {
      await service.remove('ada', testRequest);
      await service.register('ada', textPicture(2), testRequest);
    };
    await expect(service.addImage('ada', textPicture(1), testRequest)).rejects.toMatchObject({
      code: 'DIFFERENT_PERSON',
    });
    expect(await database.users.templatesOf('ada', TEXT_MODEL_ID)).toHaveLength(1);
    expect(filesIn(folder)).toHaveLength(1);

    act = () => service.remove('ada', testRequest);
    await expect(service.addImage('ada', textPicture(2), testRequest)).rejects.toMatchObject({
      code: 'USER_NOT_FOUND',
    });
    expect(filesIn(folder)).toEqual([]);
    expect(await unfinishedBlobs(database.blobs)).toEqual([]);
  });
});

describe('verification', () => {
  it('knows the person and refuses strangers and others', async () => {
    const { service } = await open();
    await service.register('ada', textPicture(1), testRequest);
    await service.register('bob', textPicture(2), testRequest);

    expect(await service.verify('ada', textPicture(1), testRequest)).toEqual({
      recognition: 'ada',
      verified: true,
      similarity: 0.9,
    });
    expect(await service.verify('ada', textPicture(2), testRequest)).toMatchObject({
      recognition: 'bob',
      verified: false,
    });
    expect(await service.verify('ada', textPicture(3), testRequest)).toEqual({
      recognition: null,
      verified: false,
      similarity: 0,
    });
  });

  it('of an unknown id is refused before the picture is looked at', async () => {
    const { service, faces } = await open();
    await expect(service.verify('ada', textPicture(1), testRequest)).rejects.toMatchObject({
      code: 'INVALID_USER',
      status: 400,
    });
    expect(faces.extractions).toBe(0);
  });

  it('lets a look-alike inside the margin pass, and refuses beyond it', async () => {
    const { service } = await open();
    await service.register('ada', textPicture(1), testRequest);
    await service.register('twin', textPicture(1, { person: 2, share: 0.05 }), testRequest);
    const towardsTwin = await service.verify('ada', textPicture(1, { person: 2, share: 0.04 }), testRequest);
    expect(towardsTwin).toMatchObject({ recognition: 'twin', verified: true });

    await service.register('between', textPicture(1, { person: 3, share: 0.3 }), testRequest);
    const beyond = await service.verify('ada', textPicture(1, { person: 3, share: 0.3 }), testRequest);
    expect(beyond).toMatchObject({ recognition: 'between', verified: false });
    expect(beyond.similarity).toBeGreaterThan(0.5);
  });

  it('sees every registration and deletion answered before it', async () => {
    const { service } = await open();
    await service.register('ada', textPicture(1), testRequest);
    for (let round = 0; round < 15; round += 1) {
      await service.register('bob', textPicture(2), testRequest);
      expect((await service.verify('ada', textPicture(2), testRequest)).recognition).toBe('bob');
      await service.remove('bob', testRequest);
      expect((await service.verify('ada', textPicture(2), testRequest)).recognition).toBeNull();
    }
  });

  it('during which the user is deleted does not verify', async () => {
    const parts: { service?: TextService['service'] } = {};
    const { service } = await open({
      wrapGallery: (gallery) => ({
        size: 0,
        bestOther: async (probe, userId) => {
          const found = await gallery.bestOther(probe, userId);
          await parts.service?.remove('ada', testRequest);
          return found;
        },
      }),
    });
    parts.service = service;
    await service.register('ada', textPicture(1), testRequest);
    await expect(service.verify('ada', textPicture(1), testRequest)).rejects.toMatchObject({
      code: 'INVALID_USER',
    });
  });

  it('during which the user is replaced compares with the new face only', async () => {
    const parts: { replace?: () => Promise<void> } = {};
    const { service } = await open({
      wrapGallery: (gallery) => ({
        size: 0,
        bestOther: async (probe, userId) => {
          const found = await gallery.bestOther(probe, userId);
          await parts.replace?.();
          return found;
        },
      }),
    });
    await service.register('ada', textPicture(1), testRequest);
    parts.replace = async () => {
      delete parts.replace;
      await service.remove('ada', testRequest);
      await service.register('ada', textPicture(2), testRequest);
    };
    expect(await service.verify('ada', textPicture(1), testRequest)).toMatchObject({
      recognition: null,
      verified: false,
    });
  });

  it('stays whole while others register and delete', async () => {
    const { service } = await open();
    await service.register('ada', textPicture(1), testRequest);
    const churn = Array.from({ length: 4 }, async (_, writer) => {
      for (let round = 0; round < 5; round += 1) {
        await service.register(`w${writer}`, textPicture(10 + writer), testRequest);
        await service.remove(`w${writer}`, testRequest);
      }
    });
    const verifications = Array.from({ length: 30 }, () =>
      service.verify('ada', textPicture(1), testRequest),
    );
    for (const result of await Promise.all(verifications))
      expect(result).toMatchObject({ recognition: 'ada', verified: true });
    await Promise.all(churn);
  });
});

describe('deletion', () => {
  it('removes user, template and picture, and names the files', async () => {
    const { service, database, folder } = await open();
    await service.register('ada', textPicture(1), testRequest);
    await service.register('bob', textPicture(2), testRequest);
    const before = filesIn(folder);

    const { filesDeleted } = await service.remove('ada', testRequest);

    expect(filesDeleted).toHaveLength(1);
    expect(before).toEqual([...filesDeleted, ...filesIn(folder)].sort());
    expect(existsSync(join(folder, 'images', filesDeleted[0] ?? ''))).toBe(false);
    expect(await unfinishedBlobs(database.blobs)).toEqual([]);
    await expect(service.remove('ada', testRequest)).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
    await expect(service.verify('ada', textPicture(1), testRequest)).rejects.toMatchObject({
      code: 'INVALID_USER',
    });
    expect(await service.verify('bob', textPicture(1), testRequest)).toMatchObject({ recognition: null });
  });

  it('says when a file could not be deleted, and finishes later', async () => {
    let broken = true;
    const { service, database, folder, housekeeping } = await open({
      wrapImages: (images) => ({
        ...forwarding(images),
        delete: (key) => (broken ? Promise.reject(new Error('read-only disk')) : images.delete(key)),
      }),
    });
    await service.register('ada', textPicture(1), testRequest);

    await expect(service.remove('ada', testRequest)).rejects.toMatchObject({ code: 'DELETION_UNFINISHED' });
    expect(await database.users.find('ada')).toBeNull();
    expect(filesIn(folder)).toHaveLength(1);

    broken = false;
    await housekeeping.startAlone();
    expect(filesIn(folder)).toEqual([]);
    expect(await unfinishedBlobs(database.blobs)).toEqual([]);
  });

  it('and registration of one id in any order leave all or nothing of it', async () => {
    const { service, database, folder } = await open();
    await service.register('ada', textPicture(1), testRequest);
    await Promise.allSettled(
      Array.from({ length: 20 }, (_, turn) =>
        turn % 2 === 0
          ? service.remove('ada', testRequest)
          : service.register('ada', textPicture(turn), testRequest),
      ),
    );
    const present = (await database.users.find('ada')) ? 1 : 0;
    expect(await database.users.templatesOf('ada', TEXT_MODEL_ID)).toHaveLength(present);
    expect(filesIn(folder)).toHaveLength(present);
    expect(await unfinishedBlobs(database.blobs)).toEqual([]);
  });
});

function forwarding(images: ImageStore): ImageStore {
  return {
    put: (key, bytes) => images.put(key, bytes),
    get: (key) => images.get(key),
    delete: (key) => images.delete(key),
    ping: () => images.ping(),
  };
}

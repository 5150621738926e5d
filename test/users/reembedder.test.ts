import { expect, it, onTestFinished } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import { SynchronisedGallery } from '../../src/gallery/synchronised-gallery.js';
import { Reembedder, type ReembedEverybodyOptions } from '../../src/users/reembedding/reembedder.js';
import { openTextService, type TextService } from '../support/service/open-text-service.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { TEXT_MODEL_ID, textPicture } from '../support/service/text-face-service.js';
import { testRequest } from '../support/api/test-origin.js';

const NEW_MODEL = 'new-model';
const people = [1, 2, 3, 4, 5];

/** A service with people enrolled under the old model whose face workers and gallery have the new one. */
async function openSwitched(): Promise<TextService & { reembedder: Reembedder }> {
  const parts = await openTextService({
    folder: temporaryFolder(),
    gallery: ({ gallery: log }) => {
      const gallery = new SynchronisedGallery({ log, modelId: NEW_MODEL, dimension: 128, threads: 1 });
      onTestFinished(() => gallery.close());
      return gallery;
    },
  });
  onTestFinished(async () => {
    await parts.housekeeping.stop();
    await parts.database.close();
  });
  for (const person of people)
    await parts.service.register(`user-${person}`, textPicture(person), testRequest);
  parts.faces.modelId = NEW_MODEL;
  parts.faces.extractions = 0;
  return { ...parts, reembedder: new Reembedder(parts) };
}

function options(changes: Partial<ReembedEverybodyOptions> = {}): ReembedEverybodyOptions {
  return {
    modelId: NEW_MODEL,
    concurrency: 2,
    signal: new AbortController().signal,
    considerate: false,
    retryDelayMs: 1,
    onFailure: (_, reason) => {
      throw reason;
    },
    ...changes,
  };
}

it('gives everybody a template of the new model and keeps the old ones', async () => {
  const { reembedder, database, faces } = await openSwitched();
  const progress: number[] = [];
  const counts = await reembedder.everybody(options({ onProgress: (done) => progress.push(done) }));

  expect(counts).toEqual({ done: 5, failed: 0 });
  expect(progress).toEqual([1, 2, 3, 4, 5]);
  for (const person of people) {
    expect(await database.users.templatesOf(`user-${person}`, NEW_MODEL)).toHaveLength(1);
    expect(await database.users.templatesOf(`user-${person}`, TEXT_MODEL_ID)).toHaveLength(1);
  }
  expect(await reembedder.everybody(options())).toEqual({ done: 0, failed: 0 });
  expect(faces.extractions).toBe(5);
});

it('goes on where it was interrupted', async () => {
  const { reembedder, database, faces } = await openSwitched();
  const interruption = new AbortController();
  const { done } = await reembedder.everybody(
    options({
      concurrency: 1,
      signal: interruption.signal,
      onProgress: (count) => {
        if (count === 2) interruption.abort();
      },
    }),
  );
  expect(done).toBe(2);
  expect(await database.missingTemplates.count(NEW_MODEL)).toBe(3);

  expect(await reembedder.everybody(options())).toEqual({ done: 3, failed: 0 });
  expect(faces.extractions).toBe(5);
});

it('tries again while something is unavailable, and goes past a picture that the model refuses', async () => {
  const { reembedder, database, faces } = await openSwitched();
  let calls = 0;
  faces.during = () => {
    calls += 1;
    if (calls <= 2) return Promise.reject(new ServiceError('OVERLOADED'));
    if (calls === 3) return Promise.reject(new ServiceError('NO_FACE'));
    return Promise.resolve();
  };
  const failures: unknown[] = [];
  const counts = await reembedder.everybody(
    options({ concurrency: 1, onFailure: (_, reason) => failures.push(reason) }),
  );
  expect(counts).toEqual({ done: 4, failed: 1 });
  expect(failures).toMatchObject([{ code: 'NO_FACE' }]);
  expect(await database.missingTemplates.count(NEW_MODEL)).toBe(1);
});

it('does not bring back somebody deleted meanwhile', async () => {
  const { reembedder, database, faces, service } = await openSwitched();
  faces.during = async () => {
    faces.during = () => Promise.resolve();
    for (const person of people) await service.remove(`user-${person}`, testRequest);
  };
  expect(await reembedder.everybody(options({ concurrency: 1 }))).toMatchObject({ failed: 0 });
  expect(await database.consistency.strays()).toEqual({ templateIds: [], imageKeys: [], keyOwners: [] });
  expect(await service.list({ first: 10 })).toEqual([]);
});

it('never stores templates of another model than the one asked for', async () => {
  const { reembedder, faces, database } = await openSwitched();
  faces.modelId = TEXT_MODEL_ID;
  const failures: unknown[] = [];
  await reembedder.everybody(options({ onFailure: (_, reason) => failures.push(reason) }));
  expect(failures).toHaveLength(5);
  expect(await database.missingTemplates.count(NEW_MODEL)).toBe(5);
});

it('verification before its turn makes the template it needs, of this person alone', async () => {
  const { service, database } = await openSwitched();
  expect(await service.verify('user-1', textPicture(1), testRequest)).toMatchObject({
    recognition: 'user-1',
    verified: true,
  });
  expect(await service.verify('user-2', textPicture(1), testRequest)).toMatchObject({
    recognition: 'user-1',
    verified: false,
  });
  expect(await service.verify('user-3', textPicture(4), testRequest)).toMatchObject({ verified: false });
  expect(await database.missingTemplates.count(NEW_MODEL)).toBe(2);
});

it('many verifications of one person at once make one template', async () => {
  const { service, database } = await openSwitched();
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => service.verify('user-1', textPicture(1), testRequest)),
  );
  expect(answers.every(({ verified }) => verified)).toBe(true);
  expect(await database.users.templatesOf('user-1', NEW_MODEL)).toHaveLength(1);
});

it('verification of someone whose picture the new model refuses says that no face is enrolled', async () => {
  const { service, faces } = await openSwitched();
  let calls = 0;
  faces.during = () => {
    calls += 1;
    return calls === 1 ? Promise.resolve() : Promise.reject(new ServiceError('NO_FACE'));
  };
  await expect(service.verify('user-1', textPicture(1), testRequest)).rejects.toMatchObject({
    code: 'NOT_ENROLLED',
  });
});

it('verification while the workers are busy is retryable, and of a person deleted meanwhile is invalid', async () => {
  const { service, faces } = await openSwitched();
  let calls = 0;
  faces.during = () => {
    calls += 1;
    return calls === 1 ? Promise.resolve() : Promise.reject(new ServiceError('OVERLOADED'));
  };
  await expect(service.verify('user-1', textPicture(1), testRequest)).rejects.toMatchObject({
    code: 'OVERLOADED',
  });
  calls = 0;
  faces.during = async () => {
    calls += 1;
    if (calls === 2) await service.remove('user-1', testRequest);
  };
  await expect(service.verify('user-1', textPicture(1), testRequest)).rejects.toMatchObject({
    code: 'INVALID_USER',
  });
});

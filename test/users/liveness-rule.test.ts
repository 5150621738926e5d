import { describe, expect, it, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/load-config.js';
import { SynchronisedGallery } from '../../src/gallery/synchronised-gallery.js';
import type { FaceUserService } from '../../src/users/face-user-service.js';
import { livenessProblem, livenessRule, type LivenessRule } from '../../src/users/decision/liveness-rule.js';
import { openTextService } from '../support/service/open-text-service.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { pictureWithLiveness, TEXT_MODEL_ID } from '../support/service/text-face-service.js';
import { testOrigin, testRequest } from '../support/api/test-origin.js';

async function open(liveness?: LivenessRule): Promise<FaceUserService> {
  const { service, housekeeping, database } = await openTextService({
    folder: temporaryFolder(),
    ...(liveness && { liveness }),
    gallery: ({ gallery: log }) => {
      const gallery = new SynchronisedGallery({ log, modelId: TEXT_MODEL_ID, dimension: 128, threads: 1 });
      onTestFinished(() => gallery.close());
      return gallery;
    },
  });
  onTestFinished(async () => {
    await housekeeping.stop();
    await database.close();
  });
  return service;
}

const refused = { code: 'LIVENESS_FAILED', status: 400, retryable: false };

test.each<[Record<string, string>, LivenessRule]>([
  [{}, { registration: null, verification: null }],
  [{ LIVENESS: 'off' }, { registration: null, verification: null }],
  [{ LIVENESS: 'verify' }, { registration: null, verification: 0.6 }],
  [{ LIVENESS: 'register-and-verify' }, { registration: 0.6, verification: 0.6 }],
  [
    { LIVENESS: 'verify', LIVENESS_THRESHOLD: '0' },
    { registration: null, verification: 0 },
  ],
  [
    { LIVENESS: 'register-and-verify', LIVENESS_THRESHOLD: '0.85' },
    { registration: 0.85, verification: 0.85 },
  ],
])('%j asks for %j', (environment, rule) => {
  expect(livenessRule(loadConfig(environment).liveness)).toEqual(rule);
});

test.each([
  [{ LIVENESS: 'on' }, 'LIVENESS'],
  [{ LIVENESS: 'verify', LIVENESS_THRESHOLD: '1.01' }, 'LIVENESS_THRESHOLD'],
  [{ LIVENESS: 'verify', LIVENESS_THRESHOLD: 'high' }, 'LIVENESS_THRESHOLD'],
  [{ LIVENESS_THRESHOLD: '0.5' }, 'LIVENESS_THRESHOLD: does nothing without LIVENESS=verify'],
])('%j cannot be used', (environment, message) => {
  expect(() => loadConfig(environment)).toThrow(message);
});

describe('liveness', () => {
  it('is not asked for unless the operator does', async () => {
    const service = await open();
    await service.register('ada', pictureWithLiveness(1, 0), testRequest);
    expect(await service.verify('ada', pictureWithLiveness(1, null), testRequest)).toMatchObject({
      verified: true,
    });
  });

  it('of verification alone leaves registration free', async () => {
    const service = await open({ registration: null, verification: 0.6 });
    await service.register('ada', pictureWithLiveness(1, 0.1), testRequest);
    await expect(service.verify('ada', pictureWithLiveness(1, 0.59), testRequest)).rejects.toMatchObject(
      refused,
    );
    expect(await service.verify('ada', pictureWithLiveness(1, 0.6), testRequest)).toMatchObject({
      verified: true,
    });
    await service.addImage('ada', pictureWithLiveness(1, 0.1), testRequest);
  });

  it('of registration counts for every picture that is kept', async () => {
    const service = await open({ registration: 0.6, verification: null });
    await expect(service.register('ada', pictureWithLiveness(1, 0.59), testRequest)).rejects.toMatchObject(
      refused,
    );
    const live = pictureWithLiveness(1, 0.6);
    await expect(
      service.register('ada', live, { origin: testOrigin, moreImages: [pictureWithLiveness(1, 0.2)] }),
    ).rejects.toMatchObject({ ...refused, message: expect.stringMatching(/^Image 2: /) as string });
    await service.register('ada', live, testRequest);
    await expect(service.addImage('ada', pictureWithLiveness(1, 0.59), testRequest)).rejects.toMatchObject(
      refused,
    );
    expect(await service.addImage('ada', live, testRequest)).toEqual({ images: 2 });
  });

  it('that was not measured is refused where it is asked for', async () => {
    const service = await open({ registration: 0, verification: 0 });
    await expect(service.register('ada', pictureWithLiveness(1, null), testRequest)).rejects.toMatchObject(
      refused,
    );
    expect(livenessProblem({ liveness: NaN }, 0)).toBe('LIVENESS_FAILED');
    expect(livenessProblem({ liveness: 0 }, 0)).toBeNull();
  });
});

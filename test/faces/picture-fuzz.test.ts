import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { isErrorCode, ServiceError } from '../../src/errors.js';
import { createFacePipeline, type FacePipeline } from '../../src/faces/face-pipeline.js';
import { assertUnitTemplate } from '../support/models/assert-unit-template.js';
import { fuzzSeeds } from '../support/pictures/fuzz-seeds.js';
import { mutated, mutations } from '../support/pictures/picture-mutations.js';

let pipeline: FacePipeline;

beforeAll(async () => {
  pipeline = await createFacePipeline({ maxPixels: 1_000_000 });
});

// `npm run fuzz` tries many thousands and measures them.
it.each(fuzzSeeds)(
  'a damaged $format gives a face or a refusal out of the catalogue',
  async ({ make, signature }) => {
    const seed = await make();
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(mutations, async (changes) => {
        try {
          assertUnitTemplate((await pipeline.extract(mutated(seed, changes, signature))).template);
          outcomes.add('FACE');
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error;
          expect(isErrorCode(error.code) && error.status < 500, error.code).toBe(true);
          outcomes.add(error.code);
        }
      }),
      { numRuns: 60, seed: 20260101 },
    );
    expect([...outcomes]).toContain('IMAGE_UNREADABLE');
  },
);

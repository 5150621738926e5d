import { beforeAll, describe, expect, it } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import { createFacePipeline, type FacePipeline } from '../../src/faces/face-pipeline.js';
import { assertUnitTemplate } from '../support/models/assert-unit-template.js';
import { hostilePictures } from '../support/pictures/hostile-pictures.js';

let pipeline: FacePipeline;

beforeAll(async () => {
  pipeline = await createFacePipeline({ maxPixels: 50_000_000 });
});

async function outcomeOf(bytes: Uint8Array): Promise<string> {
  try {
    assertUnitTemplate((await pipeline.extract(bytes)).template);
    return 'FACE';
  } catch (error) {
    if (error instanceof ServiceError) return error.code;
    throw error;
  }
}

// The largest take long to make; `npm run bench -- --only pictures` measures those as well.
const quick = hostilePictures.filter(({ kind }) => kind !== 'as large as allowed');

describe.each([...new Set(quick.map(({ kind }) => kind))])('%s', (kind) => {
  const pictures = quick.filter((picture) => picture.kind === kind);
  it.each(pictures)('$name: $outcomes', async ({ make, outcomes }) => {
    expect(outcomes).toContain(await outcomeOf(await make()));
  });
});

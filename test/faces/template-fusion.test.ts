import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fusedEmbedders, projectionsFile } from '../../src/models/fused-embedders.js';
import { rooted, TemplateFusion, type FaceParts } from '../../src/faces/embed/template-fusion.js';
import { unitVector } from '../../src/faces/embed/unit-vector.js';
import { heldOutTemplates } from '../../tools/evaluate/fit/fit-fusion.js';
import { seededRandom } from '../../tools/evaluate/seeded-random.js';
import { cosine } from '../support/models/cosine.js';

const fused = fusedEmbedders['dlib-faceres-v1'];

function face(seed: number): FaceParts {
  const random = seededRandom(seed);
  return {
    embedding: unitVector(Float32Array.from({ length: 128 }, () => random() - 0.5)),
    features: Float32Array.from({ length: 1024 }, () => random() * 6),
  };
}

/** Takes the first 64 values of the embedding and of the features' roots. */
const plainProjections = Float32Array.from({ length: 64 * (128 + 1024) }, (_, at) => {
  const width = at < 64 * 128 ? 128 : 1024;
  const place = at < 64 * 128 ? at : at - 64 * 128;
  return place % width === Math.floor(place / width) ? 1 : 0;
});

describe('a fused template', () => {
  const [one, two] = [face(1), face(2)];

  it('is a unit vector whose cosine is the weighted mean of those of its parts', () => {
    const fusion = new TemplateFusion(fused, plainProjections);
    const [first, second] = [fusion.template(one), fusion.template(two)];
    expect(first).toHaveLength(fused.dimension);
    expect(Math.hypot(...first)).toBeCloseTo(1, 6);
    const head = (vector: Float32Array) => unitVector(vector.slice(0, 64));
    const embeddings = cosine(head(one.embedding), head(two.embedding));
    const features = cosine(head(rooted(one.features)), head(rooted(two.features)));
    expect(cosine(first, second)).toBeCloseTo(0.91 * embeddings + 0.09 * features, 6);
  });

  it('does not depend on how bright the features are as a whole', () => {
    const fusion = new TemplateFusion(fused, plainProjections);
    const twice = { ...one, features: one.features.map((value) => value * 2) };
    expect(cosine(fusion.template(one), fusion.template(twice))).toBeCloseTo(1, 6);
  });

  it('is made with projections of the announced size, checked when loaded', async () => {
    const { rows, projections } = fused;
    expect(readFileSync(projectionsFile(fused))).toHaveLength(
      4 * (rows.embedding * 128 + rows.features * 1024),
    );
    const template = (await TemplateFusion.load(fused)).template(one);
    expect(Math.hypot(...template)).toBeCloseTo(1, 6);
    const damaged = { ...fused, projections: { ...projections, sha256: '0'.repeat(64) } };
    await expect(TemplateFusion.load(damaged)).rejects.toThrow('dlib-faceres-v1.f32 is damaged');
  });

  it('is refused for parts without a direction', () => {
    const fusion = new TemplateFusion(fused, plainProjections);
    expect(() => fusion.template({ ...one, features: new Float32Array(1024) })).toThrow(
      'without a direction',
    );
    expect(() => fusion.template({ ...one, embedding: new Float32Array(128).fill(NaN) })).toThrow();
  });
});

it('cross-validation fits without the people compared', () => {
  const faces = Array.from({ length: 6 }, (_, seed) => face(seed + 1));
  const groupOf = [0, 1, 2, 0, 1, 2];
  const fitted: number[][] = [];
  const fit = (others: readonly FaceParts[]) => {
    fitted.push(others.map((parts) => faces.indexOf(parts)));
    return plainProjections;
  };
  const heldOut = [...heldOutTemplates(faces, groupOf, fit)];
  expect(heldOut.map(({ groups }, at) => ({ groups, fitted: fitted[at] }))).toEqual([
    { groups: [0, 0], fitted: [1, 2, 4, 5] },
    { groups: [0, 1], fitted: [2, 5] },
    { groups: [0, 2], fitted: [1, 4] },
    { groups: [1, 1], fitted: [0, 2, 3, 5] },
    { groups: [1, 2], fitted: [0, 3] },
    { groups: [2, 2], fitted: [0, 1, 3, 4] },
  ]);
  expect(heldOut.every(({ templates }) => templates.length === faces.length)).toBe(true);
});

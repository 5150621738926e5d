import { beforeAll, describe, expect, it } from 'vitest';
import { fusedEmbedders } from '../../src/models/fused-embedders.js';
import { createFacePipeline } from '../../src/faces/face-pipeline.js';
import type { ExtractedFace } from '../../src/faces/face-service.js';
import { builtEmbedders } from '../../src/models/chosen-model.js';
import { cosine } from '../support/models/cosine.js';
import { extractLfw, measureLfw, type LfwAccuracy } from '../support/pictures/lfw-accuracy.js';
import { lfwDev, lfwDevNeeded } from '../support/pictures/lfw-dev.js';

describe.skipIf(lfwDev === null)(`pictures of Labeled Faces in the Wild${lfwDevNeeded}`, () => {
  const pictures = lfwDev as NonNullable<typeof lfwDev>;
  let faces: Map<string, ExtractedFace>;
  let accuracy: LfwAccuracy;

  beforeAll(async () => {
    const pipeline = await createFacePipeline({ maxPixels: 1_000_000 });
    faces = await extractLfw(pictures, pipeline);
    accuracy = measureLfw(pictures, faces, fusedEmbedders['dlib-faceres-v2'].thresholds['1e-3']);
  }, 300_000);

  it('are all found, and none is too small or too blurred', () => {
    expect(accuracy.pictures).toBe(763);
    expect(accuracy.missed).toEqual([]);
  });

  it('of the same person are accepted in at least 94 % of the pairs', () => {
    expect(accuracy.genuine.pairs).toBe(506);
    expect(accuracy.genuine.accepted / accuracy.genuine.pairs).toBeGreaterThanOrEqual(0.94);
  });

  it('of two people are accepted in at most 3 of 506 pairs', () => {
    expect(accuracy.impostor.pairs).toBe(506);
    expect(accuracy.impostor.accepted).toBeLessThanOrEqual(3);
  });

  it('give boxes, landmarks and embeddings of the reference', async () => {
    const embedder = builtEmbedders['dlib-resnet-v1'];
    const pipeline = await createFacePipeline({ maxPixels: 1_000_000, embedder });
    const references = Object.entries(pictures.references());
    expect(references).toHaveLength(24);
    for (const [name, reference] of references) {
      const face = faces.get(name);
      const point = (mesh: number) => [
        face?.landmarks[mesh * 2] ?? NaN,
        face?.landmarks[mesh * 2 + 1] ?? NaN,
      ];
      const distance = ([x = NaN, y = NaN]: readonly number[], [u = NaN, v = NaN]: readonly number[]) =>
        Math.hypot(x - u, y - v);
      expect(face, name).toBeDefined();
      expect(distance([face?.box.x ?? NaN, face?.box.y ?? NaN], reference.box), name).toBeLessThan(2);
      expect(Math.abs((face?.box.width ?? NaN) - reference.box[2]), name).toBeLessThan(2);
      expect(distance(point(33), reference.rightEyeOuter), name).toBeLessThan(1.5);
      expect(distance(point(263), reference.leftEyeOuter), name).toBeLessThan(1.5);
      expect(distance(point(2), reference.noseBase), name).toBeLessThan(1.5);
      const { template } = await pipeline.extract(pictures.picture(name), 'centre');
      expect(cosine(template, reference.template), name).toBeGreaterThan(0.99);
    }
  });
});

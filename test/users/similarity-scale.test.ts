import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cosineSimilarity, similarityOf } from '../../src/users/decision/similarity-scale.js';
import { unitVector } from '../support/models/unit-vectors.js';

const anchors = { fmr1e3: 0.929, fmr1e4: 0.943 };

describe('similarity', () => {
  it.each([
    [0.929, 0.5],
    [0.943, 0.75],
    [0.915, 0.25],
    [0.957, 0.9],
    [1, 1],
    [0, 0],
    [-1, 0],
  ])('of cosine %d is %d', (cosine, similarity) => {
    expect(similarityOf(cosine, anchors)).toBe(similarity);
  });

  it('means the same for every model', () => {
    expect(similarityOf(0.36, { fmr1e3: 0.36, fmr1e4: 0.42 })).toBe(0.5);
    expect(similarityOf(0.42, { fmr1e3: 0.36, fmr1e4: 0.42 })).toBe(0.75);
  });

  it('is told in the steps given, 0.05 by default', () => {
    const near = anchors.fmr1e3 + 0.0012;
    expect([0.001, 0.01, 0.03, 0.05, 0.25].map((step) => similarityOf(near, anchors, step))).toEqual([
      0.524, 0.52, 0.53, 0.5, 0.5,
    ]);
    expect(similarityOf(near, anchors)).toBe(0.5);
    expect([-1, 1].map((cosine) => similarityOf(cosine, anchors, 0.03))).toEqual([0, 1]);
    for (const step of [0.001, 0.03, 0.07, 0.25])
      expect(similarityOf(anchors.fmr1e3, anchors, step)).toBe(0.5);
  });

  it('rises with the cosine, from 0 to 1', () => {
    const cosine = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(cosine, cosine, fc.constantFrom(0.001, 0.01, 0.05, 0.25), (one, two, step) => {
        const [lower, higher] = [Math.min(one, two), Math.max(one, two)].map((each) =>
          similarityOf(each, anchors, step),
        ) as [number, number];
        expect(lower).toBeGreaterThanOrEqual(0);
        expect(higher).toBeLessThanOrEqual(1);
        expect(higher).toBeGreaterThanOrEqual(lower);
        expect(lower / step).toBeCloseTo(Math.round(lower / step), 6);
      }),
    );
  });
});

describe('cosine similarity', () => {
  it('is 1 for equal, -1 for opposite and 0 for orthogonal unit vectors', () => {
    const vector = unitVector(3);
    expect(cosineSimilarity(vector, vector)).toBeCloseTo(1, 6);
    expect(
      cosineSimilarity(
        vector,
        vector.map((value) => -value),
      ),
    ).toBeCloseTo(-1, 6);
    expect(cosineSimilarity(Float32Array.of(1, 0), Float32Array.of(0, 1))).toBe(0);
  });

  it('refuses embeddings of different length', () => {
    expect(() => cosineSimilarity(unitVector(1, 128), unitVector(1, 512))).toThrow(RangeError);
  });
});

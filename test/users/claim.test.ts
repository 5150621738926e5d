import { expect, test } from 'vitest';
import { scoreOf } from '../../src/users/claim.js';

test('the score of a person is the mean cosine over their templates', () => {
  const probe = Float32Array.of(1, 0);
  const templates = [Float32Array.of(1, 0), Float32Array.of(0.6, 0.8), Float32Array.of(0, 1)];
  expect(scoreOf(probe, templates)).toBeCloseTo(1.6 / 3, 6);
  expect(scoreOf(probe, templates.slice(1, 2))).toBeCloseTo(0.6, 6);
});

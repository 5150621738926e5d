import { expect, test } from 'vitest';
import { comparisonProblem, registrationProblem } from '../../src/faces/face-quality.js';
import type { ExtractedFace } from '../../src/faces/face-service.js';

const good: ExtractedFace = {
  modelId: 'any',
  template: Float32Array.of(1),
  mediaType: 'image/jpeg',
  box: { x: 0, y: 0, width: 100, height: 100 },
  detectionScore: 1,
  faceFlag: 1,
  landmarks: new Float32Array(936),
  sharpness: 0.15,
  brightness: 0.5,
  pose: { yaw: 0, pitch: 0, roll: 0 },
  liveness: null,
};

const side = (width: number) => ({ box: { x: 0, y: 0, width, height: width } });
const pose = (yaw: number, pitch: number) => ({ pose: { yaw, pitch, roll: 90 } });

test.each<[string, Partial<ExtractedFace>, string | null, string | null]>([
  ['good', {}, null, null],
  ['as small as allowed', side(24), null, null],
  ['small', side(23.9), 'FACE_TOO_SMALL', 'FACE_TOO_SMALL'],
  ['blurred', { sharpness: 0.009 }, 'FACE_TOO_BLURRED', 'FACE_TOO_BLURRED'],
  ['without a sharpness', { sharpness: NaN }, 'FACE_TOO_BLURRED', 'FACE_TOO_BLURRED'],
  ['turned as far as allowed', pose(40, 35), null, null],
  ['turned to the left', pose(-41, 0), null, 'FACE_TURNED_AWAY'],
  ['turned to the right', pose(41, 0), null, 'FACE_TURNED_AWAY'],
  ['looking up', pose(0, 36), null, 'FACE_TURNED_AWAY'],
  ['looking down', pose(0, -36), null, 'FACE_TURNED_AWAY'],
  ['dark', { brightness: 0.04 }, null, 'FACE_TOO_DARK'],
  ['bright', { brightness: 0.9 }, null, 'FACE_TOO_BRIGHT'],
])('a face that is %s', (_case, change, comparison, registration) => {
  expect(comparisonProblem({ ...good, ...change })).toBe(comparison);
  expect(registrationProblem({ ...good, ...change })).toBe(registration);
});

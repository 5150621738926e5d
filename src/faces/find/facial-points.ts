import type { Point } from '../picture/planar-similarity.js';

/** The five points that faces are commonly aligned by; right and left are the person's. */
export interface FacialPoints {
  readonly rightEye: Point;
  readonly leftEye: Point;
  readonly noseTip: Point;
  readonly rightMouthCorner: Point;
  readonly leftMouthCorner: Point;
}

/** Mesh points whose mean is each of the five: corners and lids for the middle of an eye. */
const sources = {
  rightEye: [33, 133, 160, 158, 153, 144],
  leftEye: [263, 362, 385, 387, 373, 380],
  noseTip: [1],
  rightMouthCorner: [61],
  leftMouthCorner: [291],
} as const satisfies Record<keyof FacialPoints, readonly number[]>;

/** @param landmarks x and y of the 468 mesh points in turn. */
export function facialPoints(landmarks: Float32Array): FacialPoints {
  const mean = (points: readonly number[]): Point => {
    const along = (axis: number) =>
      points.reduce((sum, point) => sum + (landmarks[point * 2 + axis] ?? NaN), 0) / points.length;
    return { x: along(0), y: along(1) };
  };
  return {
    rightEye: mean(sources.rightEye),
    leftEye: mean(sources.leftEye),
    noseTip: mean(sources.noseTip),
    rightMouthCorner: mean(sources.rightMouthCorner),
    leftMouthCorner: mean(sources.leftMouthCorner),
  };
}

import type { MeshPoints } from './mesh-points.js';
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
export const facialPointSources = {
  rightEye: [33, 160, 158, 133, 153, 144],
  leftEye: [362, 385, 387, 263, 373, 380],
  noseTip: [1],
  rightMouthCorner: [61],
  leftMouthCorner: [291],
} as const satisfies Record<keyof FacialPoints, readonly number[]>;

export function facialPoints(landmarks: MeshPoints): FacialPoints {
  const mean = (points: readonly number[]): Point => {
    const along = (axis: number) =>
      points.reduce((sum, point) => sum + (landmarks[point * 2 + axis] ?? NaN), 0) / points.length;
    return { x: along(0), y: along(1) };
  };
  return {
    rightEye: mean(facialPointSources.rightEye),
    leftEye: mean(facialPointSources.leftEye),
    noseTip: mean(facialPointSources.noseTip),
    rightMouthCorner: mean(facialPointSources.rightMouthCorner),
    leftMouthCorner: mean(facialPointSources.leftMouthCorner),
  };
}

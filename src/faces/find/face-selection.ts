import { ServiceError } from '../../errors.js';
import type { FaceCandidate } from './face-candidate.js';
import type { MeshedFace } from './face-mesh.js';
import type { Point } from '../picture/planar-similarity.js';

/** A candidate in which the mesh has found a face. */
export interface LocatedFace extends FaceCandidate, MeshedFace {}

/** A second face is taken for background below this part of the largest one's side. */
export const COMPARABLE_SIDE = 0.5;

/**
 * @param faces the largest first.
 * @throws ServiceError SEVERAL_FACES when the second one is at least half as large as the first.
 */
export function dominantFace(faces: readonly LocatedFace[]): LocatedFace | undefined {
  const [largest, second] = faces;
  if (largest && second && second.side >= largest.side * COMPARABLE_SIDE) {
    throw new ServiceError('SEVERAL_FACES');
  }
  return largest;
}

/** The face nearest to a point, whatever else is in the picture; for data sets that name the subject so. */
export function nearestFace(faces: readonly LocatedFace[], point: Point): LocatedFace | undefined {
  const distance = ({ middle }: LocatedFace) => Math.hypot(middle.x - point.x, middle.y - point.y);
  return [...faces].sort((one, two) => distance(one) - distance(two))[0];
}

import { ServiceError } from '../errors.js';
import type { FaceCandidate } from './face-candidate.js';
import type { MeshedFace } from './face-mesh.js';
import type { Point } from './similarity.js';

/** A candidate in which the mesh has found a face. */
export interface LocatedFace extends FaceCandidate, MeshedFace {}

/** Gives null for a candidate that is no face. */
export type ConfirmFace = (candidate: FaceCandidate) => Promise<LocatedFace | null>;

/** A second face is taken for background below this part of the largest one's side. */
export const COMPARABLE_SIDE = 0.5;

/** Bounds the work on a crowd; smaller candidates than the twelve largest can not be the dominant face. */
const MAX_CONFIRMATIONS = 12;

/**
 * The largest face.
 * @throws ServiceError SEVERAL_FACES when another one is at least half as large.
 */
export async function dominantFace(
  candidates: readonly FaceCandidate[],
  confirm: ConfirmFace,
): Promise<LocatedFace | null> {
  const bySize = [...candidates].sort((one, two) => two.side - one.side).slice(0, MAX_CONFIRMATIONS);
  let largest: LocatedFace | null = null;
  for (const candidate of bySize) {
    if (largest !== null && candidate.side < largest.side * COMPARABLE_SIDE) break;
    const face = await confirm(candidate);
    if (face !== null && largest !== null) throw new ServiceError('SEVERAL_FACES');
    largest ??= face;
  }
  return largest;
}

/** The face nearest to a point, whatever else is in the picture; for data sets that name the subject so. */
export async function nearestFace(
  candidates: readonly FaceCandidate[],
  point: Point,
  confirm: ConfirmFace,
): Promise<LocatedFace | null> {
  const distance = ({ middle }: FaceCandidate) => Math.hypot(middle.x - point.x, middle.y - point.y);
  const byDistance = [...candidates].sort((one, two) => distance(one) - distance(two));
  for (const candidate of byDistance.slice(0, MAX_CONFIRMATIONS)) {
    const face = await confirm(candidate);
    if (face !== null) return face;
  }
  return null;
}

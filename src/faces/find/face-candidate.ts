import type { Point } from '../picture/planar-similarity.js';

/** What the detector believes to be a face; pixels of the picture it was given. */
export interface FaceCandidate {
  readonly middle: Point;
  /** Side of the square box. */
  readonly side: number;
  /** Turn of the line from the right eye to the left one; radians, 0 is level, clockwise on the screen. */
  readonly angle: number;
  /** 0 to 1. */
  readonly score: number;
}

/**
 * Keeps the best-scored of candidates that show one face: greedy non-maximum suppression.
 * @param overlaps whether two candidates are taken for the same face.
 */
export function withoutRepeats<T extends FaceCandidate>(
  candidates: readonly T[],
  overlaps: (kept: T, other: T) => boolean,
): T[] {
  const kept: T[] = [];
  for (const candidate of [...candidates].sort((one, two) => two.score - one.score)) {
    if (!kept.some((better) => overlaps(better, candidate))) kept.push(candidate);
  }
  return kept;
}

/**
 * The best-scored candidate of each face that was looked at several times. A face that fills the picture gives
 * boxes on two of its halves and one around both: all of them count as one, however far the halves are apart.
 */
export function bestOfEachFace<T extends FaceCandidate>(candidates: readonly T[]): T[] {
  const byScore = [...candidates].sort((one, two) => two.score - one.score);
  return byScore.filter(
    (candidate, index) => !byScore.slice(0, index).some((better) => isSamePlace(better, candidate)),
  );
}

/** Intersection of two boxes over their union, 0 to 1. */
export function intersectionOverUnion(one: FaceCandidate, two: FaceCandidate): number {
  const shared = intersection(one, two);
  return shared / (one.side ** 2 + two.side ** 2 - shared);
}

/** Whether the middles are nearer than half the side of the larger box: two heads cannot be. */
export function isSamePlace(one: FaceCandidate, two: FaceCandidate): boolean {
  const distance = Math.hypot(one.middle.x - two.middle.x, one.middle.y - two.middle.y);
  return distance < Math.max(one.side, two.side) / 2;
}

function intersection(one: FaceCandidate, two: FaceCandidate): number {
  const width = shared(one.middle.x, one.side, two.middle.x, two.side);
  const height = shared(one.middle.y, one.side, two.middle.y, two.side);
  return width * height;
}

function shared(middle: number, side: number, otherMiddle: number, otherSide: number): number {
  const start = Math.max(middle - side / 2, otherMiddle - otherSide / 2);
  const end = Math.min(middle + side / 2, otherMiddle + otherSide / 2);
  return Math.max(0, end - start);
}

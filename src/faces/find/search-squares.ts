import type { FaceCandidate } from './face-candidate.js';
import { squareAt, type PlanarSimilarity } from '../picture/planar-similarity.js';

// Each takes the square from 0 to 1 to the part of the picture that the detector is to look at.

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The whole picture, letterboxed. */
export function wholePicture(size: Size): PlanarSimilarity[] {
  return [aroundMiddle(size, 1, 0)];
}

/** The whole picture at half size, for faces that fill it or are cut by its edges. */
export function wholePictureWithMargin(size: Size): PlanarSimilarity[] {
  return [aroundMiddle(size, 2, 0)];
}

/** The whole picture turned by the three quarter turns, for pictures whose orientation got lost. */
export function quarterTurns(size: Size): PlanarSimilarity[] {
  return [Math.PI / 2, -Math.PI / 2, Math.PI].map((angle) => aroundMiddle(size, 1, angle));
}

/** A face with as much around it as the detector likes, upright. */
export function squareAround({ middle, side, angle }: FaceCandidate): PlanarSimilarity {
  return squareAt(middle, side * 2.5, angle, 1);
}

/** The smallest face looked for is about 8 % of the side of a tile, so 40 pixels. */
const MAX_TILE = 480;
const MIN_TILE = 160;

/** Wider than the smallest face that is found without tiles, so that every other one lies whole in some tile. */
const TILE_STEP = 0.66;

/** Overlapping squares for faces too small for a look at the whole picture: 36 of them on 2048 × 2048 pixels. */
export function tiles({ width, height }: Size): PlanarSimilarity[] {
  const side = Math.min(MAX_TILE, Math.max(MIN_TILE, Math.max(width, height) / 2));
  return middles(height, side).flatMap((y) =>
    middles(width, side).map((x) => squareAt({ x, y }, side, 0, 1)),
  );
}

function middles(length: number, side: number): number[] {
  if (length <= side) return [length / 2];
  const steps = Math.ceil((length - side) / (side * TILE_STEP));
  return Array.from({ length: steps + 1 }, (_, index) => side / 2 + ((length - side) * index) / steps);
}

function aroundMiddle({ width, height }: Size, margin: number, angle: number): PlanarSimilarity {
  return squareAt({ x: width / 2, y: height / 2 }, Math.max(width, height) * margin, angle, 1);
}

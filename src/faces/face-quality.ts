import { ServiceError } from '../errors.js';

/**
 * Least side of the face's box in pixels of the original picture. With lfw-dev shrunk so that faces had 40, 32, 28
 * and 24 pixels, 94, 93, 88 and 84 % of the genuine pairs were accepted, of 95 % at full size; impostors no more.
 */
export const MIN_FACE_SIDE = 24;

/**
 * Least sharpness of the aligned face. Faces of lfw-dev have 0.021 and more, median 0.15; shrunk to 28 pixels one of
 * the 763 falls below 0.01. Blurred by a Gaussian of 4 % of the box, which loses half of the genuine pairs, the
 * median is 0.007; moved by 16 % of the box during the exposure, which loses two thirds, 0.0065.
 */
export const MIN_SHARPNESS = 0.01;

/** @param side of the face's box in pixels of the original picture. @throws ServiceError FACE_TOO_SMALL. */
export function assertLargeEnough(side: number): void {
  if (side < MIN_FACE_SIDE) throw new ServiceError('FACE_TOO_SMALL');
}

/** @throws ServiceError FACE_TOO_BLURRED. */
export function assertSharpEnough(sharpness: number): void {
  if (!(sharpness >= MIN_SHARPNESS)) throw new ServiceError('FACE_TOO_BLURRED');
}

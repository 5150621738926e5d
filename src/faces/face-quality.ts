import { ServiceError } from '../errors.js';

export const MIN_FACE_SIDE = 24;
export const MIN_SHARPNESS = 0;

/** @param side of the face's box in pixels of the original picture. @throws ServiceError FACE_TOO_SMALL. */
export function assertLargeEnough(side: number): void {
  if (side < MIN_FACE_SIDE) throw new ServiceError('FACE_TOO_SMALL');
}

/** @throws ServiceError FACE_TOO_BLURRED. */
export function assertSharpEnough(sharpness: number): void {
  if (!(sharpness >= MIN_SHARPNESS)) throw new ServiceError('FACE_TOO_BLURRED');
}

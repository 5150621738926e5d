import { ServiceError, type ErrorCode } from '../errors.js';
import type { ExtractedFace } from './face-service.js';

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

/**
 * Furthest turn to a side at registration, degrees as the mesh measures them, which says some 50 for a profile. Of
 * the 763 faces of lfw-dev half are within 8, 95 % within 25, all but 4 within this; with one face turned by 35 or
 * more, 12 of 15 genuine pairs are accepted, of 96 % otherwise.
 */
export const MAX_YAW = 40;

/**
 * Furthest turn up or down at registration, degrees as the mesh measures them. Of the 763 faces of lfw-dev half are
 * within 7, 95 % within 20, all but 3 within this: together with MAX_YAW 7 of 763, or 0.9 %, would be refused.
 */
export const MAX_PITCH = 35;

/**
 * Least brightness at registration. The faces of lfw-dev, people of all skin colours in all kinds of light, have
 * 0.24 to 0.78. Of 85 genuine pairs, 83 of which are accepted, 82, 75, 61 and 27 are when one picture is darkened to
 * a median of 0.10, 0.06, 0.04 and 0.02: darkness does little harm until hardly anything is left of the picture.
 */
export const MIN_BRIGHTNESS = 0.05;

/** Most brightness at registration: brightened to a median of 0.75, 0.87 and 0.92, 84, 68 and 57 of those 85 are. */
export const MAX_BRIGHTNESS = 0.85;

type Problem = Extract<ErrorCode, `FACE_${string}`>;

/** Why a face cannot be compared at all, null when it can. */
export function comparisonProblem({ box, sharpness }: ExtractedFace): Problem | null {
  if (!(box.width >= MIN_FACE_SIDE)) return 'FACE_TOO_SMALL';
  if (!(sharpness >= MIN_SHARPNESS)) return 'FACE_TOO_BLURRED';
  return null;
}

/**
 * Why a face should not be what later pictures are compared with, null when it may. More is asked than of a
 * comparison: a bad probe fails once and is taken again, a bad template fails for years.
 */
export function registrationProblem(face: ExtractedFace): Problem | null {
  const { pose, brightness } = face;
  const problem = comparisonProblem(face);
  if (problem !== null) return problem;
  if (!(Math.abs(pose.yaw) <= MAX_YAW && Math.abs(pose.pitch) <= MAX_PITCH)) return 'FACE_TURNED_AWAY';
  if (!(brightness >= MIN_BRIGHTNESS)) return 'FACE_TOO_DARK';
  if (!(brightness <= MAX_BRIGHTNESS)) return 'FACE_TOO_BRIGHT';
  return null;
}

/** @throws ServiceError FACE_TOO_SMALL, FACE_TOO_BLURRED. */
export function assertComparable(face: ExtractedFace): void {
  const problem = comparisonProblem(face);
  if (problem !== null) throw new ServiceError(problem);
}

/** @throws ServiceError FACE_TOO_SMALL, FACE_TOO_BLURRED, FACE_TURNED_AWAY, FACE_TOO_DARK, FACE_TOO_BRIGHT. */
export function assertFitForRegistration(face: ExtractedFace): void {
  const problem = registrationProblem(face);
  if (problem !== null) throw new ServiceError(problem);
}

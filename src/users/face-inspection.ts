import type { FacialPoints } from '../faces/find/facial-points.js';
import type { Box } from '../faces/picture/box.js';
import type { HeadPose } from '../faces/find/head-pose.js';
import type { ErrorCode } from '../errors.js';
import type { RequestOptions } from './user-service.js';

/** What can be measured of a face; pixels are those of the upright picture. */
export interface FaceAnalysis {
  /** Square; may reach over the edges of the picture. */
  readonly box: Box;
  readonly points: FacialPoints;
  readonly pose: HeadPose;
  /** Fine detail relative to the contrast, 0 and up. */
  readonly sharpness: number;
  /** 0 for black to 1 for white. */
  readonly brightness: number;
  /** Side of the box in pixels. */
  readonly size: number;
  /** Detector's confidence, 0 to 1. */
  readonly detectionScore: number;
  /** How likely the picture shows a live face, 0 to 1; null where `LIVENESS` is off. */
  readonly liveness: number | null;
  /** Why registration would refuse the face, null when it would not. */
  readonly problem: ErrorCode | null;
}

export interface FaceComparison {
  /** 0 to 1; 0.5 at the model's FMR 1e-3 threshold. */
  readonly similarity: number;
  /** Whether the faces match at the configured threshold. */
  readonly samePerson: boolean;
}

export interface IdentifiedUser {
  readonly userId: string;
  /** Similarity of the person's closest template, 0 to 1, as in {@link FaceComparison}. */
  readonly similarity: number;
}

/** Looks at pictures and stores nothing of them. */
export interface FaceInspection {
  /**
   * Measures the dominant face, however bad.
   * @throws ServiceError what FaceService.extract throws.
   */
  analyse(image: Uint8Array, options: RequestOptions): Promise<FaceAnalysis>;
  /** @throws ServiceError FACE_TOO_SMALL, FACE_TOO_BLURRED, or what FaceService.extract throws. */
  compare(first: Uint8Array, second: Uint8Array, options: RequestOptions): Promise<FaceComparison>;
  /**
   * Whom of everybody enrolled a face resembles at or above the threshold.
   * @param count most people to return, 1 or more.
   * @returns the closest first.
   * @throws ServiceError IDENTIFICATION_OFF, FACE_TOO_SMALL, FACE_TOO_BLURRED, or what FaceService.extract throws.
   */
  identify(image: Uint8Array, count: number, options: RequestOptions): Promise<IdentifiedUser[]>;
}

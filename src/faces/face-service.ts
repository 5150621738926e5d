import type { MeshPoints } from './find/mesh-points.js';
import type { Box } from './picture/box.js';
import type { ImageMediaType } from './picture/media-type.js';
import type { HeadPose } from './find/head-pose.js';

/** What one picture of one face gave. */
export interface ExtractedFace {
  /** Catalogue name of the embedder that made the template. */
  readonly modelId: string;
  /** Unit-length embedding. */
  readonly template: Float32Array;
  /** Found by signature, not by name or by what the client said. */
  readonly mediaType: ImageMediaType;
  /** Square; may reach over the edges of the picture. */
  readonly box: Box;
  /** Detector's confidence, 0 to 1. */
  readonly detectionScore: number;
  /** Landmark model's probability that there is a face, 0 to 1. */
  readonly faceFlag: number;
  readonly landmarks: MeshPoints;
  /** Fine detail of the aligned face relative to its contrast, 0 and up; see sharpness.ts. */
  readonly sharpness: number;
  /** Mean brightness of the middle of the aligned face, 0 for black to 1 for white. */
  readonly brightness: number;
  readonly pose: HeadPose;
  /** How likely the picture shows a live face, 0 to 1; null where the pipeline does not measure it. */
  readonly liveness: number | null;
}

export interface ExtractOptions {
  /** Gives up the place in the queue when the client has gone away. */
  readonly signal?: AbortSignal;
}

/** Turns picture bytes into a template, on worker threads. Judges no quality: see face-quality.ts. */
export interface FaceService {
  /**
   * @param bytes encoded picture, untrusted.
   * @throws ServiceError IMAGE_UNSUPPORTED, IMAGE_UNREADABLE, IMAGE_TOO_LARGE, NO_FACE, SEVERAL_FACES,
   *   OVERLOADED, UNAVAILABLE, CANCELLED.
   */
  extract(bytes: Uint8Array, options?: ExtractOptions): Promise<ExtractedFace>;
}

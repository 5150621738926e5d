import type { FaceCandidate } from './face-candidate.js';
import type { Pyramid } from '../picture/pyramid.js';
import type { PlanarSimilarity } from '../picture/planar-similarity.js';

export interface FaceDetector {
  /**
   * Looks at one square of the picture; finds faces of about 5 % of its side and more.
   * @param square takes the square from 0 to 1 to that of the picture.
   * @returns best first, pixels of the picture; boxes lie as BlazeFace's do.
   */
  detect(picture: Pyramid, square: PlanarSimilarity): Promise<FaceCandidate[]>;
}

import { BlazefaceDetector } from './blazeface-detector.js';
import type { FaceCandidate } from './face-candidate.js';
import type { ChosenDetector } from '../../models/chosen-model.js';
import type { Pyramid } from '../picture/pyramid.js';
import type { Similarity } from '../picture/planar-similarity.js';
import { YunetDetector } from './yunet-detector.js';

export interface FaceDetector {
  /**
   * Looks at one square of the picture; finds faces of about 5 % of its side and more.
   * @param square takes the square from 0 to 1 to that of the picture.
   * @returns best first, pixels of the picture; boxes lie as BlazeFace's do.
   */
  detect(picture: Pyramid, square: Similarity): Promise<FaceCandidate[]>;
}

export function loadDetector(chosen: ChosenDetector, intraOpThreads: number): Promise<FaceDetector> {
  switch (chosen.model.decoding) {
    case 'blazeface':
      return BlazefaceDetector.load(chosen, intraOpThreads);
    case 'yunet':
      return YunetDetector.load(chosen, intraOpThreads);
  }
}

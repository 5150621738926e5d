import type { ChosenDetector } from '../../models/chosen-model.js';
import { BlazefaceDetector } from './blazeface-detector.js';
import type { FaceDetector } from './face-detector.js';
import { YunetDetector } from './yunet-detector.js';

export function loadDetector(chosen: ChosenDetector, intraOpThreads: number): Promise<FaceDetector> {
  switch (chosen.model.decoding) {
    case 'blazeface':
      return BlazefaceDetector.load(chosen, intraOpThreads);
    case 'yunet':
      return YunetDetector.load(chosen, intraOpThreads);
  }
}

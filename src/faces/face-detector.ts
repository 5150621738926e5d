import { modelCatalogue, modelFile } from '../../models/catalogue.js';
import { intersectionOverUnion, withoutRepeats, type FaceCandidate } from './face-candidate.js';
import { ModelSession } from './model-session.js';
import type { Pyramid } from './pyramid.js';
import { applyTo, scaleOf, type Point, type Similarity } from './similarity.js';
import { warp } from './warp.js';

const model = modelCatalogue['blazeface-back'];

/** Width and height of the detector's input. */
export const DETECTOR_SIZE = model.input.shape[3];

const MIN_SCORE = 0.5;
const MAX_OVERLAP = 0.3;
const VALUES_PER_BOX = 16;

const anchors = [...anchorGrid(16, 16, 2), ...anchorGrid(8, 32, 6)];

function anchorGrid(cells: number, stride: number, perCell: number): Point[] {
  return Array.from({ length: cells * cells * perCell }, (_, index) => {
    const cell = Math.floor(index / perCell);
    return { x: ((cell % cells) + 0.5) * stride, y: (Math.floor(cell / cells) + 0.5) * stride };
  });
}

/** BlazeFace: Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs" (2019). */
export class FaceDetector {
  readonly #session: ModelSession;

  private constructor(session: ModelSession) {
    this.#session = session;
  }

  static async load(intraOpThreads: number): Promise<FaceDetector> {
    return new FaceDetector(
      await ModelSession.load({
        file: modelFile('blazeface-back'),
        inputName: model.input.name,
        inputShape: model.input.shape,
        intraOpThreads,
      }),
    );
  }

  /**
   * Looks at one square of the picture; finds faces of about 5 % of its side and more.
   * @param toPicture takes the pixels of the detector's input to those of the picture.
   * @returns best first, pixels of the picture.
   */
  async detect(picture: Pyramid, toPicture: Similarity): Promise<FaceCandidate[]> {
    const { scores, boxes } = await this.#session.run((data) => {
      warp(picture, toPicture, { data, size: DETECTOR_SIZE }, model.input);
    });
    if (scores === undefined || boxes === undefined) throw new Error('The detector gave no scores or boxes.');
    return readCandidates(scores, boxes, toPicture);
  }
}

/** Decodes the outputs of the detector, described in the model catalogue. */
export function readCandidates(
  scores: Float32Array,
  boxes: Float32Array,
  toPicture: Similarity,
): FaceCandidate[] {
  const candidates: FaceCandidate[] = [];
  anchors.forEach((anchor, index) => {
    const score = scores[index] ?? 0;
    if (score < MIN_SCORE) return;
    const at = index * VALUES_PER_BOX;
    const value = (offset: number) => boxes[at + offset] ?? 0;
    const point = (offset: number) =>
      applyTo({ x: anchor.x + value(offset), y: anchor.y + value(offset + 1) }, toPicture);
    const rightEye = point(4);
    const leftEye = point(6);
    candidates.push({
      middle: point(0),
      side: Math.max(value(2), value(3)) * scaleOf(toPicture),
      angle: Math.atan2(leftEye.y - rightEye.y, leftEye.x - rightEye.x),
      score,
    });
  });
  return withoutRepeats(candidates, (kept, other) => intersectionOverUnion(kept, other) > MAX_OVERLAP);
}

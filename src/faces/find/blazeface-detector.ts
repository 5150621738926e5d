import { intersectionOverUnion, withoutRepeats, type FaceCandidate } from './face-candidate.js';
import type { FaceDetector } from './face-detector.js';
import type { ChosenDetector } from '../../models/chosen-model.js';
import { ModelSession } from '../../onnx/model-session.js';
import type { Pyramid } from '../picture/pyramid.js';
import {
  applyTo,
  finerBy,
  scaleOf,
  type Point,
  type PlanarSimilarity,
} from '../picture/planar-similarity.js';
import { warp } from '../picture/warp.js';

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
export class BlazefaceDetector implements FaceDetector {
  private constructor(
    private readonly chosen: ChosenDetector,
    private readonly session: ModelSession,
  ) {}

  static async load(chosen: ChosenDetector, intraOpThreads: number): Promise<BlazefaceDetector> {
    const { name, shape } = chosen.model.input;
    const [, ...plane] = shape;
    const options = { file: chosen.path, inputName: name, inputShape: [1, ...plane], intraOpThreads };
    return new BlazefaceDetector(chosen, await ModelSession.load(options));
  }

  async detect(picture: Pyramid, square: PlanarSimilarity): Promise<FaceCandidate[]> {
    const { input } = this.chosen.model;
    const size = input.shape[3];
    const toPicture = finerBy(square, size);
    const { scores, boxes } = await this.session.run((data) => {
      warp(picture, toPicture, { data, size }, input);
    });
    if (scores === undefined || boxes === undefined) throw new Error('The detector gave no scores or boxes.');
    return readCandidates(scores, boxes, toPicture);
  }
}

/** Decodes the outputs of the detector, described in the model catalogue. */
export function readCandidates(
  scores: Float32Array,
  boxes: Float32Array,
  toPicture: PlanarSimilarity,
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

import { intersectionOverUnion, withoutRepeats, type FaceCandidate } from './face-candidate.js';
import type { FaceDetector } from './face-detector.js';
import type { ChosenDetector } from '../../models/chosen-model.js';
import { ModelSession, type ModelOutputs } from '../../onnx/model-session.js';
import type { Pyramid } from '../picture/pyramid.js';
import { applyTo, finerBy, type Point, type PlanarSimilarity } from '../picture/planar-similarity.js';
import { warp } from '../picture/warp.js';

const strides = [8, 16, 32] as const;

/** As OpenCV's FaceDetectorYN has it, where 0.9 is the default and 0.6 still means a face. */
const MIN_SCORE = 0.6;
const MAX_OVERLAP = 0.3;

// Where BlazeFace draws its square, from eyes and mouth: medians of 382 pictures of lfw-dev, where 90 % lay between 0.36
// and 0.67, and between 1.11 and 1.20. The mesh was made for that square; YuNet's own box is of another kind.
const MIDDLE_BELOW_EYES = 0.49;
const SIDE = 1.14;

/**
 * YuNet: Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector" (2023). Read as OpenCV reads it:
 * https://github.com/opencv/opencv/blob/4.x/modules/objdetect/src/face_detect.cpp
 */
export class YunetDetector implements FaceDetector {
  private constructor(
    private readonly chosen: ChosenDetector,
    private readonly session: ModelSession,
  ) {}

  static async load(chosen: ChosenDetector, intraOpThreads: number): Promise<YunetDetector> {
    const { name, shape } = chosen.model.input;
    const [, ...plane] = shape;
    const options = { file: chosen.path, inputName: name, inputShape: [1, ...plane], intraOpThreads };
    return new YunetDetector(chosen, await ModelSession.load(options));
  }

  async detect(picture: Pyramid, square: PlanarSimilarity): Promise<FaceCandidate[]> {
    const { input } = this.chosen.model;
    const size = input.shape[3];
    const toPicture = finerBy(square, size);
    const outputs = await this.session.run((data) => {
      warp(picture, toPicture, { data, size }, input);
    });
    const candidates = strides.flatMap((stride) => readScale(outputs, stride, size, toPicture));
    return withoutRepeats(candidates, (kept, other) => intersectionOverUnion(kept, other) > MAX_OVERLAP);
  }
}

function readScale(
  outputs: ModelOutputs,
  stride: number,
  size: number,
  toPicture: PlanarSimilarity,
): FaceCandidate[] {
  const { [`cls_${stride}`]: classes, [`obj_${stride}`]: objects, [`kps_${stride}`]: points } = outputs;
  if (!classes || !objects || !points) throw new Error(`The detector gave nothing for stride ${stride}.`);
  const columns = size / stride;
  return Array.from(classes).flatMap((faceClass, index): FaceCandidate[] => {
    const score = Math.sqrt(clamped(faceClass) * clamped(objects[index] ?? 0));
    if (score < MIN_SCORE) return [];
    const cell = { x: index % columns, y: Math.floor(index / columns) };
    const point = (number: number): Point => {
      const at = index * 10 + number * 2;
      const offset = { x: points[at] ?? NaN, y: points[at + 1] ?? NaN };
      return applyTo({ x: (cell.x + offset.x) * stride, y: (cell.y + offset.y) * stride }, toPicture);
    };
    return [{ ...squareOf(point(0), point(1), between(point(3), point(4))), score }];
  });
}

function squareOf(rightEye: Point, leftEye: Point, mouth: Point): Omit<FaceCandidate, 'score'> {
  const eyes = between(rightEye, leftEye);
  const across = { x: leftEye.x - rightEye.x, y: leftEye.y - rightEye.y };
  const down = { x: mouth.x - eyes.x, y: mouth.y - eyes.y };
  return {
    middle: { x: eyes.x + down.x * MIDDLE_BELOW_EYES, y: eyes.y + down.y * MIDDLE_BELOW_EYES },
    side: (Math.hypot(across.x, across.y) + Math.hypot(down.x, down.y)) * SIDE,
    angle: Math.atan2(across.y, across.x),
  };
}

function between(one: Point, two: Point): Point {
  return { x: (one.x + two.x) / 2, y: (one.y + two.y) / 2 };
}

function clamped(value: number): number {
  return Math.min(1, Math.max(0, value));
}

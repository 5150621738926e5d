import { ServiceError } from '../errors.js';
import { assertComparable, registrationProblem } from '../faces/face-quality.js';
import type { ExtractedFace, FaceService } from '../faces/face-service.js';
import { facialPoints } from '../faces/find/facial-points.js';
import type { Identifier } from '../gallery/gallery.js';
import type { MatchRule } from './decision/decision.js';
import type { FaceAnalysis, FaceComparison, FaceInspection, IdentifiedUser } from './face-inspection.js';
import { livenessProblem, noLivenessAsked, type LivenessRule } from './decision/liveness-rule.js';
import { readFace } from './read-face.js';
import { cosineSimilarity, similarityOf, type SimilarityAnchors } from './decision/similarity-scale.js';
import type { RequestOptions } from './user-service.js';

export interface FaceInspectorOptions {
  readonly faces: FaceService;
  /** Null keeps identification off. */
  readonly identifier: Identifier | null;
  readonly rule: Pick<MatchRule, 'threshold'>;
  readonly anchors: SimilarityAnchors;
  /** @default asks for none */
  readonly liveness?: LivenessRule;
  /** Rounding step of the reported similarity, see `similarityOf`. @default 0.05 */
  readonly similarityStep?: number;
}

/** Analyses, compares and identifies faces by the models. */
export class FaceInspector implements FaceInspection {
  constructor(private readonly options: FaceInspectorOptions) {}

  async analyse(image: Uint8Array, { signal }: RequestOptions): Promise<FaceAnalysis> {
    const { faces, liveness: rule = noLivenessAsked } = this.options;
    const face = await readFace(faces, image, signal);
    const { box, landmarks, pose, sharpness, brightness, detectionScore, liveness } = face;
    return {
      box,
      points: facialPoints(landmarks),
      pose,
      sharpness,
      brightness,
      size: box.width,
      detectionScore,
      liveness,
      problem: registrationProblem(face) ?? livenessProblem(face, rule.registration),
    };
  }

  async compare(first: Uint8Array, second: Uint8Array, { signal }: RequestOptions): Promise<FaceComparison> {
    const { rule, anchors, similarityStep } = this.options;
    // One after the other: one request takes no more than one worker.
    const { template } = await this.#comparable(first, signal);
    const score = cosineSimilarity(template, (await this.#comparable(second, signal)).template);
    return {
      similarity: similarityOf(score, anchors, similarityStep),
      samePerson: score >= rule.threshold,
    };
  }

  async identify(image: Uint8Array, count: number, { signal }: RequestOptions): Promise<IdentifiedUser[]> {
    const { identifier, rule, anchors, similarityStep } = this.options;
    if (identifier === null) throw new ServiceError('IDENTIFICATION_OFF');
    const { template } = await this.#comparable(image, signal);
    const closest = await identifier.closest(template, count);
    return closest
      .filter(({ score }) => score >= rule.threshold)
      .map(({ userId, score }) => ({ userId, similarity: similarityOf(score, anchors, similarityStep) }));
  }

  async #comparable(image: Uint8Array, signal: AbortSignal | undefined): Promise<ExtractedFace> {
    const face = await readFace(this.options.faces, image, signal);
    assertComparable(face);
    return face;
  }
}

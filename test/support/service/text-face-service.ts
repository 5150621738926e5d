import { isErrorCode, ServiceError } from '../../../src/errors.js';
import type { ExtractedFace, ExtractOptions, FaceService } from '../../../src/faces/face-service.js';
import { normalised, unitVector } from '../models/unit-vectors.js';

export const TEXT_MODEL_ID = 'text-faces';

/** Cosine between pictures of two people is near 0 here, of one person 1. */
export const textRule = { threshold: 0.8, margin: 0.01 };
export const textAnchors = { fmr1e3: 0.8, fmr1e4: 0.9 };

/** A "picture" of a person; a share of somebody else's face makes the two look alike. */
export function textPicture(person: number, other?: { person: number; share: number }): Uint8Array {
  return Buffer.from(JSON.stringify({ person, ...(other && { other }) }));
}

/** The liveness is as the pipeline measured it. */
export function pictureWithLiveness(person: number, liveness: number | null): Uint8Array {
  return Buffer.from(JSON.stringify({ person, liveness }));
}

export function failingPicture(code: string): Uint8Array {
  return Buffer.from(JSON.stringify({ code }));
}

/**
 * Stands in for the face models where they do not matter. The face in a picture is a vector that the person's
 * number gives.
 */
export class TextFaceService implements FaceService {
  /** Name of the model; templates of another one differ for the same picture. */
  modelId = TEXT_MODEL_ID;
  /** Number of pictures looked at. */
  extractions = 0;
  /** Runs during every extraction. */
  during: () => Promise<void> = () => Promise.resolve();

  async extract(bytes: Uint8Array, { signal }: ExtractOptions = {}): Promise<ExtractedFace> {
    this.extractions += 1;
    await this.during();
    if (signal?.aborted) throw new ServiceError('CANCELLED');
    const text = JSON.parse(Buffer.from(bytes).toString()) as {
      code?: string;
      person?: number;
      liveness?: number | null;
      other?: { person: number; share: number };
    };
    if (isErrorCode(text.code)) throw new ServiceError(text.code);
    return {
      modelId: this.modelId,
      template: textTemplate((text.person ?? 0) + (this.modelId === TEXT_MODEL_ID ? 0 : 1000), text.other),
      mediaType: 'image/jpeg',
      box: { x: 0, y: 0, width: 100, height: 100 },
      detectionScore: 1,
      faceFlag: 1,
      landmarks: new Float32Array(936),
      sharpness: 1,
      brightness: 0.5,
      pose: { yaw: 0, pitch: 0, roll: 0 },
      liveness: text.liveness ?? null,
    };
  }
}

export function textTemplate(person: number, other = { person, share: 0 }): Float32Array {
  const others = unitVector(other.person);
  return normalised(
    unitVector(person).map((value, place) => value * (1 - other.share) + (others[place] ?? 0) * other.share),
  );
}

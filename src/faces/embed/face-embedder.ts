import type { MeshPoints } from '../find/mesh-points.js';
import { isDeepStrictEqual } from 'node:util';
import { modelCatalogue } from '../../models/catalogue.js';
import { brightnessOf } from './brightness.js';
import { chipToPicture } from './face-chip.js';
import type { ChosenEmbedder } from '../../models/chosen-model.js';
import { ModelSession } from '../../onnx/model-session.js';
import type { Pyramid } from '../picture/pyramid.js';
import { sharpnessOf } from './sharpness.js';
import { unitVector } from './unit-vector.js';
import { warp } from '../picture/warp.js';

/** Quality means the same for every embedder because it is always measured on the same chip. */
const { chip: qualityChip, input: qualityInput } = modelCatalogue['dlib-resnet-v1'];

export interface EmbeddedFace {
  /** Unit vector, compared by cosine. */
  readonly template: Float32Array;
  readonly sharpness: number;
  /** Mean brightness of the middle of the face, 0 for black to 1 for white. */
  readonly brightness: number;
}

/** From a located face to its template. */
export interface Embedder {
  /** Stored beside templates; those of different embedders are never compared. */
  readonly modelId: string;
  embed(picture: Pyramid, landmarks: MeshPoints): Promise<EmbeddedFace>;
}

/**
 * Makes templates with any embedder that the catalogue describes: unit-length sums of the embeddings of the chip and
 * of its mirror image.
 */
export class FaceEmbedder implements Embedder {
  readonly #session: ModelSession;
  readonly #chosen: ChosenEmbedder;
  /** Whether the model is given the very chip that quality is measured on. */
  readonly #cutsQualityChip: boolean;
  readonly #qualityData = new Float32Array(3 * qualityChip.size ** 2);

  private constructor(chosen: ChosenEmbedder, session: ModelSession) {
    this.#chosen = chosen;
    this.#session = session;
    const { chip, input } = chosen.model;
    this.#cutsQualityChip = isDeepStrictEqual(chip, qualityChip) && isDeepStrictEqual(input, qualityInput);
  }

  static async load(chosen: ChosenEmbedder, intraOpThreads: number): Promise<FaceEmbedder> {
    const { input } = chosen.model;
    const [batch, ...plane] = input.shape;
    const session = await ModelSession.load({
      file: chosen.path,
      inputName: input.name,
      inputShape: [batch === 'batch' ? 2 : 1, ...plane],
      intraOpThreads,
    });
    return new FaceEmbedder(chosen, session);
  }

  get modelId(): string {
    return this.#chosen.modelId;
  }

  async embed(picture: Pyramid, landmarks: MeshPoints): Promise<EmbeddedFace> {
    const { input } = this.#chosen.model;
    const [one, mirrored] =
      input.shape[0] === 'batch'
        ? await this.#embedBoth(picture, landmarks)
        : [await this.#embedOne(picture, landmarks, false), await this.#embedOne(picture, landmarks, true)];
    return { template: unitSum(one, mirrored), ...this.#quality(picture, landmarks) };
  }

  async #embedBoth(picture: Pyramid, landmarks: MeshPoints): Promise<readonly [Float32Array, Float32Array]> {
    const { chip, dimension } = this.#chosen.model;
    const length = 3 * chip.size ** 2;
    const both = await this.#run(2, (data) => {
      this.#cutOut(picture, landmarks, data);
      if (this.#cutsQualityChip) this.#qualityData.set(data.subarray(0, length));
      mirrorRows(data.subarray(0, length), data.subarray(length), chip.size);
    });
    return [both.subarray(0, dimension), both.subarray(dimension)];
  }

  #embedOne(picture: Pyramid, landmarks: MeshPoints, mirrored: boolean): Promise<Float32Array> {
    return this.#run(1, (data) => {
      this.#cutOut(picture, landmarks, data);
      if (mirrored) mirrorRows(data.slice(), data, this.#chosen.model.chip.size);
    });
  }

  #cutOut(picture: Pyramid, landmarks: MeshPoints, data: Float32Array): void {
    const { chip, input } = this.#chosen.model;
    warp(picture, chipToPicture(landmarks, chip), { data, size: chip.size }, input);
  }

  async #run(count: number, fill: (data: Float32Array) => void): Promise<Float32Array> {
    const { dimension, outputs } = this.#chosen.model;
    const results = await this.#session.run(fill);
    const embeddings = outputs[0] ? results[outputs[0].name] : Object.values(results)[0];
    if (embeddings?.length !== count * dimension) {
      throw new Error(`The embedder ${this.modelId} gave no embedding of ${dimension} values.`);
    }
    return embeddings;
  }

  #quality(picture: Pyramid, landmarks: MeshPoints): Omit<EmbeddedFace, 'template'> {
    const { size } = qualityChip;
    const data = this.#qualityData;
    if (!this.#cutsQualityChip) {
      warp(picture, chipToPicture(landmarks, qualityChip), { data, size }, qualityInput);
    }
    return { sharpness: sharpnessOf(data, size), brightness: brightnessOf(data, size, qualityInput) };
  }
}

function mirrorRows(from: Float32Array, to: Float32Array, width: number): void {
  for (let row = 0; row < from.length; row += width) {
    for (let x = 0; x < width; x++) to[row + x] = from[row + width - 1 - x] ?? 0;
  }
}

function unitSum(one: Float32Array, mirrored: Float32Array): Float32Array {
  return unitVector(one.map((value, index) => value + (mirrored[index] ?? NaN)));
}

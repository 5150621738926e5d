import { defaultEmbedder, modelCatalogue, modelFile } from '../../models/catalogue.js';
import { CHIP_SIZE } from './face-chip.js';
import { ModelSession } from './model-session.js';
import type { Pyramid } from './pyramid.js';
import { sharpnessOf } from './sharpness.js';
import type { Similarity } from './similarity.js';
import { warp } from './warp.js';

/** Catalogue name of the embedder; templates of different models are never compared. */
export const EMBEDDER = defaultEmbedder;

const model = modelCatalogue[EMBEDDER];
const CHIP_LENGTH = 3 * CHIP_SIZE * CHIP_SIZE;

export interface EmbeddedFace {
  /** Unit-length sum of the embeddings of the chip and of its mirror image. */
  readonly template: Float32Array;
  readonly sharpness: number;
}

/** dlib's face recognition network: http://blog.dlib.net/2017/02/high-quality-face-recognition-with-deep.html */
export class FaceEmbedder {
  readonly #session: ModelSession;

  private constructor(session: ModelSession) {
    this.#session = session;
  }

  static async load(intraOpThreads: number): Promise<FaceEmbedder> {
    return new FaceEmbedder(
      await ModelSession.load({
        file: modelFile(EMBEDDER),
        inputName: model.input.name,
        inputShape: [2, 3, CHIP_SIZE, CHIP_SIZE],
        intraOpThreads,
      }),
    );
  }

  /** @param toPicture takes the chip's pixels to those of the picture. */
  async embed(picture: Pyramid, toPicture: Similarity): Promise<EmbeddedFace> {
    let sharpness = 0;
    const { embedding } = await this.#session.run((data) => {
      warp(picture, toPicture, { data, size: CHIP_SIZE }, model.input);
      mirrorRows(data.subarray(0, CHIP_LENGTH), data.subarray(CHIP_LENGTH), CHIP_SIZE);
      sharpness = sharpnessOf(data, CHIP_SIZE);
    });
    if (embedding?.length !== 2 * model.dimension) throw new Error('The embedder gave no two embeddings.');
    return { template: unitSum(embedding, model.dimension), sharpness };
  }
}

function mirrorRows(from: Float32Array, to: Float32Array, width: number): void {
  for (let row = 0; row < from.length; row += width) {
    for (let x = 0; x < width; x++) to[row + x] = from[row + width - 1 - x] ?? 0;
  }
}

function unitSum(embeddings: Float32Array, dimension: number): Float32Array {
  const sum = new Float32Array(dimension);
  let squares = 0;
  for (let index = 0; index < dimension; index++) {
    const value = (embeddings[index] ?? 0) + (embeddings[index + dimension] ?? 0);
    sum[index] = value;
    squares += value * value;
  }
  const length = Math.sqrt(squares);
  if (!(length > 0)) throw new Error('The embedder gave an embedding without a direction.');
  return sum.map((value) => value / length);
}

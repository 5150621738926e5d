import { modelCatalogue, modelFile } from '../../models/catalogue.js';
import { ModelSession } from './model-session.js';
import type { Pyramid } from './pyramid.js';
import type { Similarity } from './similarity.js';
import { warp } from './warp.js';

const model = modelCatalogue.faceres;
const SIZE = model.chip.size;

/** The network behind Human's face descriptor: a MobileNet that was trained to tell people of VGGFace2 apart. */
export class FaceDescriber {
  readonly #session: ModelSession;

  private constructor(session: ModelSession) {
    this.#session = session;
  }

  static async load(intraOpThreads: number): Promise<FaceDescriber> {
    return new FaceDescriber(
      await ModelSession.load({
        file: modelFile('faceres'),
        inputName: model.input.name,
        inputShape: [1, 3, SIZE, SIZE],
        intraOpThreads,
      }),
    );
  }

  /**
   * @param toPicture takes the chip's pixels to those of the picture.
   * @returns 1024 values, 0 to 6.
   */
  async describe(picture: Pyramid, toPicture: Similarity): Promise<Float32Array> {
    const { features } = await this.#session.run((data) => {
      warp(picture, toPicture, { data, size: SIZE }, model.input);
    });
    if (features?.length !== model.dimension) throw new Error('The describer gave no features.');
    return features;
  }
}

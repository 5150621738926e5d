import type { MeshPoints } from '../find/mesh-points.js';
import { modelCatalogue, modelFile } from '../../models/catalogue.js';
import type { FusedEmbedder } from '../../models/fused-embedders.js';
import { chipToPicture } from './face-chip.js';
import { ModelSession } from '../../onnx/model-session.js';
import type { Pyramid } from '../picture/pyramid.js';
import { warp } from '../picture/warp.js';

type FeatureModelName = FusedEmbedder['features'];

/** The network behind Human's face descriptor: a MobileNet that was trained to tell people of VGGFace2 apart. */
export class FaceDescriber {
  private constructor(
    private readonly name: FeatureModelName,
    private readonly session: ModelSession,
  ) {}

  static async load(name: FeatureModelName, intraOpThreads: number): Promise<FaceDescriber> {
    const { input, chip } = modelCatalogue[name];
    const session = await ModelSession.load({
      file: modelFile(name),
      inputName: input.name,
      inputShape: [1, 3, chip.size, chip.size],
      intraOpThreads,
    });
    return new FaceDescriber(name, session);
  }

  /**
   * @returns 1024 values, 0 to 6.
   */
  async describe(picture: Pyramid, landmarks: MeshPoints): Promise<Float32Array> {
    const { chip, input, dimension } = modelCatalogue[this.name];
    const { features } = await this.session.run((data) => {
      warp(picture, chipToPicture(landmarks, chip), { data, size: chip.size }, input);
    });
    if (features?.length !== dimension) throw new Error(`${this.name} gave no features.`);
    return features;
  }
}

import type { MeshPoints } from '../find/mesh-points.js';
import { FaceDescriber } from './face-describer.js';
import { FaceEmbedder, type EmbeddedFace, type Embedder } from './face-embedder.js';
import { ofCatalogue, type ChosenEmbedder } from '../../models/chosen-model.js';
import type { Pyramid } from '../picture/pyramid.js';
import { TemplateFusion } from './template-fusion.js';

/** Makes templates out of what two models say of a face. */
export class FusedFaceEmbedder implements Embedder {
  private constructor(
    readonly modelId: string,
    private readonly embedder: FaceEmbedder,
    private readonly describer: FaceDescriber,
    private readonly fusion: TemplateFusion,
  ) {}

  static async load(
    modelId: string,
    fused: NonNullable<ChosenEmbedder['fused']>,
    intraOpThreads: number,
  ): Promise<FusedFaceEmbedder> {
    return new FusedFaceEmbedder(
      modelId,
      await FaceEmbedder.load(ofCatalogue(fused.embedder), intraOpThreads),
      await FaceDescriber.load(fused.features, intraOpThreads),
      await TemplateFusion.load(fused),
    );
  }

  async embed(picture: Pyramid, landmarks: MeshPoints): Promise<EmbeddedFace> {
    const { template: embedding, ...face } = await this.embedder.embed(picture, landmarks);
    const features = await this.describer.describe(picture, landmarks);
    return { ...face, template: this.fusion.template({ embedding, features }) };
  }
}

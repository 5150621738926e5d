import { FaceEmbedder, type Embedder } from './face-embedder.js';
import { FusedFaceEmbedder } from './fused-face-embedder.js';
import type { ChosenEmbedder } from '../../models/chosen-model.js';

/** @throws when a model file is missing or damaged. */
export function loadEmbedder(chosen: ChosenEmbedder, intraOpThreads: number): Promise<Embedder> {
  return chosen.fused === undefined
    ? FaceEmbedder.load(chosen, intraOpThreads)
    : FusedFaceEmbedder.load(chosen.modelId, chosen.fused, intraOpThreads);
}

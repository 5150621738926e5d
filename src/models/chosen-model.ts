import {
  DEFAULT_EMBEDDER,
  modelCatalogue,
  modelFile,
  type DetectorModel,
  type EmbedderModel,
} from './catalogue.js';
import { fusedEmbedders, type FusedEmbedder } from './fused-embedders.js';

/** A detector and where its file is; plain data, so that it can be handed to threads. */
export interface ChosenDetector {
  readonly model: DetectorModel;
  /** Absolute path of the ONNX file. */
  readonly path: string;
}

/** An embedder and where its file is; plain data, so that it can be handed to threads. */
export interface ChosenEmbedder {
  /** Stored beside templates, 1 to 64 characters; another file, input or chip means another one. */
  readonly modelId: string;
  readonly model: EmbedderModel;
  /** Absolute path of the ONNX file. */
  readonly path: string;
  /** Present when a second model takes part in the template, whose dimension and thresholds `model` then has. */
  readonly fused?: FusedEmbedder;
}

export const builtDetector: ChosenDetector = {
  model: modelCatalogue['blazeface-back'],
  path: modelFile('blazeface-back'),
};

/** An embedder of the catalogue as it is, not joined with another model. */
export function ofCatalogue(name: FusedEmbedder['embedder']): ChosenEmbedder {
  return { modelId: name, model: modelCatalogue[name], path: modelFile(name) };
}

function joined(name: keyof typeof fusedEmbedders): ChosenEmbedder {
  const fused = fusedEmbedders[name];
  const { embedder, dimension, thresholds, thresholdsFrom } = fused;
  const model = { ...modelCatalogue[embedder], dimension, thresholds, thresholdsFrom };
  return { modelId: name, model, path: modelFile(embedder), fused };
}

/** Those that every installation has. */
export const builtEmbedders = {
  'dlib-faceres-v2': joined('dlib-faceres-v2'),
  'dlib-faceres-v1': joined('dlib-faceres-v1'),
  'dlib-resnet-v1': ofCatalogue('dlib-resnet-v1'),
} as const satisfies Record<string, ChosenEmbedder>;

export const builtEmbedder: ChosenEmbedder = builtEmbedders[DEFAULT_EMBEDDER];

export function isBuiltEmbedder(name: string): name is keyof typeof builtEmbedders {
  return Object.hasOwn(builtEmbedders, name);
}

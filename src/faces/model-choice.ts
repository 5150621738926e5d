import {
  defaultEmbedder,
  modelCatalogue,
  modelFile,
  type DetectorModel,
  type EmbedderModel,
} from '../../models/catalogue.js';
import { fusedEmbedders, type FusedEmbedder } from '../../models/fused-embedders.js';

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

const dlib: ChosenEmbedder = {
  modelId: 'dlib-resnet-v1',
  model: modelCatalogue['dlib-resnet-v1'],
  path: modelFile('dlib-resnet-v1'),
};

const fused = fusedEmbedders['dlib-faceres-v1'];

/** Those that every installation has. */
export const builtEmbedders = {
  'dlib-faceres-v1': {
    ...dlib,
    modelId: 'dlib-faceres-v1',
    model: {
      ...dlib.model,
      dimension: fused.dimension,
      thresholds: fused.thresholds,
      thresholdsFrom: fused.thresholdsFrom,
    },
    fused,
  },
  'dlib-resnet-v1': dlib,
} as const satisfies Record<string, ChosenEmbedder>;

export const builtEmbedder: ChosenEmbedder = builtEmbedders[defaultEmbedder];

export function isBuiltEmbedder(name: string): name is keyof typeof builtEmbedders {
  return Object.hasOwn(builtEmbedders, name);
}

import {
  defaultEmbedder,
  modelCatalogue,
  modelFile,
  type DetectorModel,
  type EmbedderModel,
} from '../../models/catalogue.js';

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
}

export const builtDetector: ChosenDetector = {
  model: modelCatalogue['blazeface-back'],
  path: modelFile('blazeface-back'),
};

export const builtEmbedder: ChosenEmbedder = {
  modelId: defaultEmbedder,
  model: modelCatalogue[defaultEmbedder],
  path: modelFile(defaultEmbedder),
};

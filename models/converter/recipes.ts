import type { ModelName } from '../../src/models/catalogue.js';
import { convertDlibResnet, convertDlibResnet8Bit } from './dlib-resnet.js';
import { convertFaceres, convertFaceres8Bit } from './faceres.js';
import { convertAntispoof, convertLivenessnet } from './liveness.js';
import { convertBlazeface, convertFacemesh } from './mediapipe.js';
import type { OnnxGraph } from '../../src/onnx/onnx-graph.js';

/** How each model is made of its two catalogue sources: the text of the first and the bytes of the second. */
export const recipes: Readonly<Record<ModelName, (json: string, weights: Uint8Array) => OnnxGraph>> = {
  'blazeface-back': convertBlazeface,
  facemesh: convertFacemesh,
  'dlib-resnet-v1': convertDlibResnet,
  'dlib-resnet-v1-8bit': convertDlibResnet8Bit,
  faceres: convertFaceres,
  'faceres-8bit': convertFaceres8Bit,
  antispoof: convertAntispoof,
  livenessnet: convertLivenessnet,
};

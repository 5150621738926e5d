import { OnnxGraph } from '../../src/onnx/onnx-graph.js';
import { TfjsGraph } from './tfjs-graph.js';

/**
 * @param json the model's .json file.
 * @param weights its .bin file.
 */
export function convertAntispoof(json: string, weights: Uint8Array): OnnxGraph {
  const onnx = new OnnxGraph('antispoof');
  const tfjs = new TfjsGraph(onnx, json, weights, onnx.input('input', [1, 3, 128, 128]));
  onnx.node('Reshape', [tfjs.tensor('Identity'), onnx.integers('real-shape', [1])], 'real');
  onnx.output('real', [1]);
  return onnx;
}

/**
 * @param json the model's .json file.
 * @param weights its .bin file.
 */
export function convertLivenessnet(json: string, weights: Uint8Array): OnnxGraph {
  const onnx = new OnnxGraph('livenessnet');
  const tfjs = new TfjsGraph(onnx, json, weights, onnx.input('input', [1, 3, 32, 32]));
  onnx.node('Reshape', [tfjs.tensor('Identity'), onnx.integers('classes-shape', [2])], 'classes');
  onnx.output('classes', [2]);
  return onnx;
}

import { OnnxGraph } from '../../src/onnx/onnx-graph.js';
import { TfjsGraph } from './tfjs-graph.js';

/**
 * BlazeFace's two feature maps give 512 and 384 anchors; the ONNX model joins them into 896.
 * @param json the model's .json file.
 * @param weights its .bin file.
 */
export function convertBlazeface(json: string, weights: Uint8Array): OnnxGraph {
  const onnx = new OnnxGraph('blazeface-back');
  const tfjs = new TfjsGraph(onnx, json, weights, onnx.input('input', [1, 3, 256, 256]));
  const logits = onnx.node('Concat', [tfjs.tensor('Identity'), tfjs.tensor('Identity_1')], 'logits', {
    axis: 1,
  });
  const scores = onnx.node('Sigmoid', [logits], 'scores-3d');
  onnx.node('Reshape', [scores, onnx.integers('scores-shape', [1, 896])], 'scores');
  onnx.node('Concat', [tfjs.tensor('Identity_2'), tfjs.tensor('Identity_3')], 'boxes', { axis: 1 });
  onnx.output('scores', [1, 896]);
  onnx.output('boxes', [1, 896, 16]);
  return onnx;
}

/**
 * The model's third output, face contours, is left out together with the layers that only it needs.
 * @param json the model's .json file.
 * @param weights its .bin file.
 */
export function convertFacemesh(json: string, weights: Uint8Array): OnnxGraph {
  const onnx = new OnnxGraph('facemesh');
  const tfjs = new TfjsGraph(onnx, json, weights, onnx.input('input', [1, 3, 192, 192]));
  const points = onnx.integers('landmarks-shape', [1, 468, 3]);
  onnx.node('Reshape', [tfjs.tensor('Identity_1'), onnx.integers('flag-shape', [1])], 'flag');
  onnx.node('Reshape', [tfjs.tensor('Identity_2'), points], 'landmarks');
  onnx.output('flag', [1]);
  onnx.output('landmarks', [1, 468, 3]);
  return onnx;
}

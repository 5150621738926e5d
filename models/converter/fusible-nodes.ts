import type { OnnxGraph } from '../../src/onnx/onnx-graph.js';

// ONNX Runtime computes convolutions on blocked channels and joins them with the addition and activation that follow.
// Other operators between them have the blocks taken apart and put together again, which costs more than they do.

/**
 * Multiplies each channel by a factor, as a convolution.
 * @param more rows of zeros below and columns of zeros at the right; default: none.
 */
export function depthwise(
  onnx: OnnxGraph,
  x: string,
  output: string,
  factors: Float32Array,
  more: readonly [rows: number, columns: number] = [0, 0],
): string {
  const filters = onnx.floats(`${output}/factors`, [factors.length, 1, 1, 1], factors);
  const attributes = { kernel_shape: [1, 1], group: factors.length, pads: [0, 0, ...more] };
  return onnx.node('Conv', [x, filters], output, attributes);
}

/** Adds channels of zeros, as a convolution. */
export function withMoreChannels(
  onnx: OnnxGraph,
  x: string,
  output: string,
  { from, to }: { readonly from: number; readonly to: number },
): string {
  const copies = new Float32Array(to * from);
  for (let channel = 0; channel < from; channel++) copies[channel * from + channel] = 1;
  const filters = onnx.floats(`${output}/copies`, [to, from, 1, 1], copies);
  return onnx.node('Conv', [x, filters], output, { kernel_shape: [1, 1] });
}

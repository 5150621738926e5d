import type { Attribute, OnnxGraph } from '../../src/onnx/onnx-graph.js';
import type { Filters } from './weight-layout.js';

/** A convolution's weights, floating-point. */
export interface Layer {
  readonly filters: Filters;
  /** One for each output channel. */
  readonly bias: Float32Array;
}

/** @param name of the layer; the node is called after it. */
export function floatConvolution(
  onnx: OnnxGraph,
  x: string,
  name: string,
  { filters, bias }: Layer,
  attributes: Readonly<Record<string, Attribute>>,
): string {
  const inputs = [
    x,
    onnx.floats(`${name}/filters`, filters.dims, filters.values),
    onnx.floats(`${name}/bias`, [bias.length], bias),
  ];
  const kernel = { kernel_shape: filters.dims.slice(2) };
  return onnx.node('Conv', inputs, `${name}/conv`, { ...kernel, ...attributes });
}

import { z } from 'zod';
import { OnnxGraph } from './onnx-graph.js';
import { manifestSchema, Weights } from './tfjs-weights.js';
import { toChannelsFirst, toOutputsFirst, type Filters } from './weight-layout.js';

const modelSchema = z.object({ weightsManifest: manifestSchema });

/** Of the thirteen depthwise layers, those that halve the picture: Howard et al., "MobileNets" (2017), table 1. */
const HALVING_LAYERS: readonly number[] = [2, 4, 6, 12];
const LAYERS = 13;

/**
 * Builds the MobileNet that Human calls faceres as far as its descriptor, the mean of the last feature map; its age and
 * gender branches are left out. The network is known, so only names and weights are read, and what follows every
 * convolution (scale and shift) is folded into it.
 * @param json the model's .json file.
 * @param bytes its .bin file.
 */
export function convertFaceres(json: string, bytes: Uint8Array): OnnxGraph {
  const onnx = new OnnxGraph('faceres');
  const weights = Weights.read(modelSchema.parse(JSON.parse(json)).weightsManifest, bytes);
  const limits = [onnx.floats('zero', [], Float32Array.of(0)), onnx.floats('six', [], Float32Array.of(6))];
  const layer = (
    x: string,
    name: string,
    filters: Filters,
    attributes: Record<string, number | number[]>,
  ) => {
    const shift = weights.floats(`${name}_bn/batchnorm_1/sub`);
    const inputs = [
      x,
      onnx.floats(`${name}/filters`, filters.dims, filters.values),
      onnx.floats(`${name}/bias`, shift.shape, shift.values),
    ];
    const sum = onnx.node('Conv', inputs, `${name}/conv`, {
      kernel_shape: filters.dims.slice(2),
      auto_pad: 'SAME_UPPER',
      ...attributes,
    });
    return onnx.node('Clip', [sum, ...limits], name);
  };
  const full = (x: string, name: string, stride: number) => {
    const { shape, values } = weights.floats(`${name}/convolution/merged_input`);
    return layer(x, name, toOutputsFirst(shape, values), { strides: [stride, stride] });
  };
  const depthwise = (x: string, name: string, stride: number) => {
    const { shape, values } = weights.floats(`${name}/depthwise_kernel`);
    const scale = weights.floats(`${name}_bn/batchnorm_1/mul`).values;
    const scaled = values.map((value, index) => value * (scale[index % scale.length] ?? Number.NaN));
    const filters = toChannelsFirst(shape, scaled);
    return layer(x, name, filters, { strides: [stride, stride], group: filters.dims[0] });
  };
  let x = full(onnx.input('input', ['batch', 3, 224, 224]), 'conv1', 2);
  for (let index = 1; index <= LAYERS; index++) {
    x = depthwise(x, `conv_dw_${index}`, HALVING_LAYERS.includes(index) ? 2 : 1);
    x = full(x, `conv_pw_${index}`, 1);
  }
  onnx.node('ReduceMean', [x], 'features', { axes: [2, 3], keepdims: 0 });
  onnx.output('features', ['batch', 1024]);
  return onnx;
}

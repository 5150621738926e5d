import { z } from 'zod';
import { EightBitNodes } from './eight-bit-nodes.js';
import { floatConvolution, type Layer } from './float-convolution.js';
import { OnnxGraph } from '../../src/onnx/onnx-graph.js';
import { manifestSchema, Weights } from './tfjs-weights.js';
import { toChannelsFirst, toOutputsFirst } from './weight-layout.js';

const modelSchema = z.object({ weightsManifest: manifestSchema });

/** Those of the thirteen depthwise layers that halve the picture: Howard et al., "MobileNets" (2017), table 1. */
const halvingLayers: readonly number[] = [2, 4, 6, 12];
const LAYERS = 13;

/** Every layer ends with ReLU6. */
const LIMIT = 6;

interface NamedLayer extends Layer {
  readonly name: string;
  readonly attributes: Readonly<Record<string, number | number[] | string>>;
}

/**
 * Builds the MobileNet that Human calls faceres as far as its descriptor, the mean of the last feature map; its age and
 * gender branches are left out. The network is known, so only names and weights are read, and what follows every
 * convolution (scale and shift) is folded into it.
 * @param json the model's .json file.
 * @param bytes its .bin file.
 */
export function convertFaceres(json: string, bytes: Uint8Array): OnnxGraph {
  const onnx = new OnnxGraph('faceres');
  const limits = limitsOf(onnx);
  let x = inputOf(onnx);
  for (const layer of layersOf(json, bytes)) x = floatLayer(onnx, x, layer, limits);
  return withDescriptor(onnx, x);
}

/**
 * The same in bytes, but for the first layer, whose input the caller normalises: all layers give 0 to 6, so their
 * ranges need no pictures to be found.
 */
export function convertFaceres8Bit(json: string, bytes: Uint8Array): OnnxGraph {
  const onnx = new OnnxGraph('faceres-8bit');
  const eightBit = new EightBitNodes(onnx);
  const range = { limit: LIMIT, signed: false };
  const limits = limitsOf(onnx);
  const [first, ...others] = layersOf(json, bytes);
  if (first === undefined) throw new RangeError('A network without layers');
  let x = eightBit.quantise(floatLayer(onnx, inputOf(onnx), first, limits), `${first.name}/bytes`, range);
  for (const layer of others) x = eightBit.convolution(x, layer.name, layer, range, layer.attributes);
  return withDescriptor(onnx, eightBit.dequantise(x, `${x.name}/floats`));
}

function layersOf(json: string, bytes: Uint8Array): NamedLayer[] {
  const weights = Weights.read(modelSchema.parse(JSON.parse(json)).weightsManifest, bytes);
  const biasOf = (name: string) => weights.floats(`${name}_bn/batchnorm_1/sub`).values;
  const full = (name: string, stride: number): NamedLayer => {
    const { shape, values } = weights.floats(`${name}/convolution/merged_input`);
    const attributes = { auto_pad: 'SAME_UPPER', strides: [stride, stride] };
    return { name, filters: toOutputsFirst(shape, values), bias: biasOf(name), attributes };
  };
  const depthwise = (name: string, stride: number): NamedLayer => {
    const { shape, values } = weights.floats(`${name}/depthwise_kernel`);
    const scale = weights.floats(`${name}_bn/batchnorm_1/mul`).values;
    const scaled = values.map((value, index) => value * (scale[index % scale.length] ?? Number.NaN));
    const filters = toChannelsFirst(shape, scaled);
    const attributes = { auto_pad: 'SAME_UPPER', strides: [stride, stride], group: filters.dims[0] };
    return { name, filters, bias: biasOf(name), attributes };
  };
  const pairs = Array.from({ length: LAYERS }, (_, at) => [
    depthwise(`conv_dw_${at + 1}`, halvingLayers.includes(at + 1) ? 2 : 1),
    full(`conv_pw_${at + 1}`, 1),
  ]);
  return [full('conv1', 2), ...pairs.flat()];
}

function inputOf(onnx: OnnxGraph): string {
  return onnx.input('input', ['batch', 3, 224, 224]);
}

function limitsOf(onnx: OnnxGraph): string[] {
  return [onnx.floats('zero', [], Float32Array.of(0)), onnx.floats('six', [], Float32Array.of(LIMIT))];
}

function floatLayer(onnx: OnnxGraph, x: string, layer: NamedLayer, limits: readonly string[]): string {
  const sum = floatConvolution(onnx, x, layer.name, layer, layer.attributes);
  return onnx.node('Clip', [sum, ...limits], layer.name);
}

function withDescriptor(onnx: OnnxGraph, x: string): OnnxGraph {
  onnx.node('ReduceMean', [x], 'features', { axes: [2, 3], keepdims: 0 });
  onnx.output('features', ['batch', 1024]);
  return onnx;
}

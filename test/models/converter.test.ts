import { describe, expect, it } from 'vitest';
import { OnnxGraph } from '../../src/onnx/onnx-graph.js';
import { ModelProto } from '../../src/onnx/onnx-proto.js';
import { TfjsGraph } from '../../models/converter/tfjs-graph.js';
import { Weights } from '../../models/converter/tfjs-weights.js';
import { toChannelsFirst, toOutputsFirst } from '../../models/converter/weight-layout.js';

describe('TensorFlow.js weights', () => {
  const manifest = (dtype: 'float32' | 'int32', count: number, quantization?: object) => [
    { weights: [{ name: 'w', shape: [count], dtype, quantization: quantization as undefined }] },
  ];

  it('are read as plain numbers', () => {
    const floats = new Uint8Array(Float32Array.of(1.5, -2).buffer);
    expect(Weights.read(manifest('float32', 2), floats).floats('w').values).toEqual(Float32Array.of(1.5, -2));
    const integers = new Uint8Array(Int32Array.of(7, -1).buffer);
    expect(Weights.read(manifest('int32', 2), integers).integers('w')).toEqual([7, -1]);
  });

  it('are widened from 8 bits by scale and minimum', () => {
    const weights = Weights.read(
      manifest('float32', 3, { dtype: 'uint8', scale: 0.5, min: -1 }),
      Uint8Array.of(0, 1, 255),
    );
    expect(weights.floats('w').values).toEqual(Float32Array.of(-1, -0.5, 126.5));
  });

  it('are widened from half precision, with zeros, subnormals and infinities', () => {
    const halves = Uint16Array.of(
      0x3c00,
      0xc000,
      0x0000,
      0x8000,
      0x0001,
      0x03ff,
      0x0400,
      0x7bff,
      0x7c00,
      0xfc00,
    );
    const weights = Weights.read(
      manifest('float32', halves.length, { dtype: 'float16' }),
      new Uint8Array(halves.buffer),
    );
    expect(weights.floats('w').values).toEqual(
      Float32Array.of(1, -2, 0, -0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 65504, Infinity, -Infinity),
    );
  });

  it('are read from a part of a larger buffer', () => {
    const pool = Buffer.from([9, 9, 9, ...new Uint8Array(Float32Array.of(3).buffer), 9]);
    const weights = Weights.read(manifest('float32', 1), pool.subarray(3, 7));
    expect(weights.floats('w').values).toEqual(Float32Array.of(3));
  });

  it.each([7, 9])('are refused when the file has %i bytes instead of 8', (length) => {
    expect(() => Weights.read(manifest('float32', 2), new Uint8Array(length))).toThrow(/than its manifest/);
  });
});

describe('filters', () => {
  it('go from height, width, inputs, outputs to outputs, inputs, height, width', () => {
    const values = Float32Array.from({ length: 1 * 2 * 3 * 2 }, (_, index) => index);
    const filters = toOutputsFirst([1, 2, 3, 2], values);
    expect(filters.dims).toEqual([2, 3, 1, 2]);
    expect(Array.from(filters.values)).toEqual([0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]);
  });

  it('go from height, width, channels, 1 to channels, 1, height, width', () => {
    const filters = toChannelsFirst([2, 1, 3, 1], Float32Array.of(0, 1, 2, 3, 4, 5));
    expect(filters.dims).toEqual([3, 1, 2, 1]);
    expect(Array.from(filters.values)).toEqual([0, 3, 1, 4, 2, 5]);
  });
});

describe('an ONNX graph', () => {
  it('encodes nodes, attributes, weights and shapes', () => {
    const graph = new OnnxGraph('g');
    const x = graph.input('x', ['batch', 2]);
    const w = graph.floats('w', [2, 1], Float32Array.of(1, 2));
    graph.node('MatMul', [x, w], 'y', { text: 'abc', list: [1, -2], whole: 3, real: { float: 0.5 } });
    graph.output('y', ['batch', 1]);
    const decoded = ModelProto.toObject(ModelProto.decode(graph.encode()), { longs: Number, bytes: Array });
    expect(decoded).toMatchObject({
      irVersion: 9,
      opsetImport: [{ domain: '', version: 17 }],
      graph: {
        node: [
          {
            opType: 'MatMul',
            input: ['x', 'w'],
            output: ['y'],
            attribute: [
              { name: 'text', s: [97, 98, 99], type: 3 },
              { name: 'list', ints: [1, -2], type: 7 },
              { name: 'whole', i: 3, type: 2 },
              { name: 'real', f: 0.5, type: 1 },
            ],
          },
        ],
        initializer: [{ name: 'w', dims: [2, 1], dataType: 1, rawData: [0, 0, 128, 63, 0, 0, 0, 64] }],
        input: [
          { name: 'x', type: { tensorType: { shape: { dim: [{ dimParam: 'batch' }, { dimValue: 2 }] } } } },
        ],
        output: [{ name: 'y' }],
      },
    });
  });

  it('refuses weights that do not fill their shape', () => {
    expect(() => new OnnxGraph('g').floats('w', [2, 2], new Float32Array(3))).toThrow(/2×2/);
  });
});

describe('a TensorFlow.js graph', () => {
  const convert = (node: object) => {
    const matrix = { name: 'matrix', shape: [1, 1], dtype: 'float32' };
    const value = { name: 'value', shape: [1], dtype: 'float32' };
    const json = JSON.stringify({
      format: 'graph-model',
      modelTopology: {
        node: [
          { name: 'in', op: 'Placeholder' },
          { name: 'matrix', op: 'Const' },
          { name: 'value', op: 'Const' },
          node,
        ],
      },
      weightsManifest: [{ weights: [matrix, value] }],
    });
    return new TfjsGraph(new OnnxGraph('g'), json, new Uint8Array(8), 'input').tensor('out');
  };
  const product = (attr: object) => ({
    name: 'out',
    op: '_FusedMatMul',
    input: ['in', 'matrix', 'value'],
    attr,
  });
  const fused = (...operators: string[]) => ({
    fused_ops: { list: { s: operators.map((operator) => Buffer.from(operator).toString('base64')) } },
  });

  it('is followed from the outputs to the input', () => {
    expect(convert({ name: 'out', op: 'Identity', input: ['in'] })).toBe('input');
  });

  it.each([
    {
      title: 'an unknown operator',
      node: { name: 'out', op: 'Softplus', input: ['in'] },
      message: /Softplus/,
    },
    { title: 'a missing node', node: { name: 'out', op: 'Relu', input: ['gone'] }, message: /gone/ },
    { title: 'a missing input', node: { name: 'out', op: 'Relu' }, message: /no input 0/ },
    {
      title: 'a missing weight',
      node: { name: 'out', op: 'Prelu', input: ['in', 'w'] },
      message: /called w/,
    },
    {
      title: 'a product without a bias',
      node: product(fused('Relu')),
      message: /fused operators of out/,
    },
    {
      title: 'an activation after a product that is not known',
      node: product(fused('BiasAdd', 'Elu')),
      message: /activation Elu of out/,
    },
    {
      title: 'a transposed factor',
      node: product({ ...fused('BiasAdd'), transpose_b: { b: true } }),
      message: /transposed factors of out/,
    },
    {
      title: 'a weight that is not one value for each channel',
      node: { name: 'out', op: 'Mul', input: ['in', 'matrix'] },
      message: /weight matrix/,
    },
    {
      title: 'the Softmax of a picture',
      node: { name: 'out', op: 'Softmax', input: ['in'] },
      message: /Softmax of a picture/,
    },
  ])('with $title is refused', ({ node, message }) => {
    expect(() => convert(node)).toThrow(message);
  });

  it('with zeros around the picture, which would need another translation, is refused', () => {
    const json = JSON.stringify({
      format: 'graph-model',
      modelTopology: {
        node: [
          { name: 'in', op: 'Placeholder' },
          { name: 'out', op: 'Pad', input: ['in', 'amounts'] },
        ],
      },
      weightsManifest: [{ weights: [{ name: 'amounts', shape: [4, 2], dtype: 'int32' }] }],
    });
    const amounts = new Uint8Array(Int32Array.of(0, 0, 1, 1, 0, 0, 0, 8).buffer);
    expect(() => new TfjsGraph(new OnnxGraph('g'), json, amounts, 'input').tensor('out')).toThrow(
      'The padding of out is not supported',
    );
  });
});

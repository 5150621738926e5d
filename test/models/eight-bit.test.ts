import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { modelFile } from '../../models/build-models.js';
import { EightBitNodes } from '../../models/converter/eight-bit-nodes.js';
import { OnnxGraph } from '../../src/onnx/onnx-graph.js';
import { ModelProto } from '../../src/onnx/onnx-proto.js';
import type { Filters } from '../../models/converter/weight-layout.js';
import { createFacePipeline } from '../../src/faces/face-pipeline.js';
import { builtEmbedders } from '../../src/models/chosen-model.js';
import { cosine } from '../support/models/cosine.js';
import { sampleFace, sampleFaces } from '../support/pictures/sample-faces.js';
import { seededRandom } from '../../tools/evaluate/seeded-random.js';

const MAX_PIXELS = 50_000_000;

interface Initializer {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly rawData: Uint8Array;
}

/** Filters of signed bytes, one row of inputs × height × width for each output channel. */
function byteFilters(model: Uint8Array): { name: string; area: number; rows: Int8Array[] }[] {
  const { graph } = ModelProto.toObject(ModelProto.decode(model), { longs: Number }) as {
    graph: { initializer: Initializer[] };
  };
  return graph.initializer
    .filter(({ dataType, dims }) => dataType === 3 && dims.length === 4)
    .map(({ name, dims: [outputs = 0, inputs = 0, height = 0, width = 0], rawData }) => {
      const perChannel = inputs * height * width;
      const bytes = Int8Array.from(rawData);
      const rows = Array.from({ length: outputs }, (_, at) =>
        bytes.subarray(at * perChannel, (at + 1) * perChannel),
      );
      return { name, area: height * width, rows: inputs === 1 ? [] : rows };
    });
}

/** What processors without VNNI add up in 16 bits: an unsigned byte each, times two weights. */
function largestPair(row: Int8Array, step: number): number {
  return row.reduce((largest, weight, index) => {
    const neighbour = row[index + step] ?? 0;
    return Math.max(largest, weight * neighbour > 0 ? Math.abs(weight + neighbour) : Math.abs(weight));
  }, 0);
}

async function run(graph: OnnxGraph, x: Tensor): Promise<Float32Array> {
  const session = await InferenceSession.create(graph.encode(), { intraOpNumThreads: 1 });
  const { y } = await session.run({ x });
  return y?.data as Float32Array;
}

describe('a convolution in bytes', () => {
  const random = seededRandom(7);
  const numbers = (length: number, from: number, to: number) =>
    Float32Array.from({ length }, () => from + random() * (to - from));
  const filters: Filters = { dims: [8, 4, 3, 3], values: numbers(8 * 4 * 9, -1, 1) };
  const layer = { filters, bias: numbers(8, -1, 1) };
  const attributes = { auto_pad: 'SAME_UPPER', strides: [1, 1] };
  const x = new Tensor('float32', numbers(4 * 100, 0, 2), [1, 4, 10, 10]);

  const convolution = async (range: { limit: number; signed: boolean }, shown = layer) => {
    const graph = new OnnxGraph('bytes');
    const nodes = new EightBitNodes(graph);
    const bytes = nodes.quantise(graph.input('x', [1, 4, 10, 10]), 'bytes', { limit: 2, signed: false });
    nodes.dequantise(nodes.convolution(bytes, 'layer', shown, range, attributes), 'y');
    graph.output('y', [1, 8, 10, 10]);
    return await run(graph, x);
  };
  const exact = async () => {
    const graph = new OnnxGraph('floats');
    const inputs = [
      graph.input('x', [1, 4, 10, 10]),
      graph.floats('w', filters.dims, filters.values),
      graph.floats('b', [8], layer.bias),
    ];
    graph.node('Conv', inputs, 'y', { kernel_shape: [3, 3], ...attributes });
    graph.output('y', [1, 8, 10, 10]);
    return await run(graph, x);
  };

  it('gives what the exact one gives, to within a step of its range', async () => {
    const [found, expected] = await Promise.all([convolution({ limit: 16, signed: true }), exact()]);
    const differences = expected.map((value, index) => Math.abs(value - (found[index] ?? NaN)));
    expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(8);
    expect(Math.max(...differences)).toBeLessThan(0.25);
  });

  it('keeps the bias of channels that have no weights, or hardly any', async () => {
    const weights = new Float32Array(filters.values.length);
    weights[4 * 9] = 1e-12;
    const bias = Float32Array.of(1, 2, 0, -1, 3, 0.5, 0, 2.5);
    const found = await convolution(
      { limit: 4, signed: true },
      { filters: { ...filters, values: weights }, bias },
    );
    for (const [channel, value] of bias.entries())
      for (const pixel of found.subarray(channel * 100, (channel + 1) * 100))
        expect(Math.abs(pixel - value)).toBeLessThan(4 / 127);
  });

  it('clips what lies outside of its range', async () => {
    const [found, expected] = await Promise.all([convolution({ limit: 3, signed: false }), exact()]);
    const clipped = expected.map((value) => Math.min(3, Math.max(0, value)));
    const differences = clipped.map((value, index) => Math.abs(value - (found[index] ?? NaN)));
    expect(Math.max(...found)).toBe(3);
    expect(Math.min(...found)).toBe(0);
    expect(Math.max(...differences)).toBeLessThan(0.2);
  });
});

describe.each(['dlib-resnet-v1-8bit', 'faceres-8bit'] as const)('%s', (name) => {
  it('has no neighbouring weights that overflow 16 bits on processors without VNNI', async () => {
    const layers = byteFilters(await readFile(modelFile(name)));
    expect(layers.length).toBeGreaterThan(20);
    const pairs = layers.flatMap(({ rows, area }) =>
      rows.flatMap((row) => [largestPair(row, 1), largestPair(row, area)]),
    );
    // Rounding both weights adds a half to each.
    expect(Math.max(...pairs) * 255).toBeLessThan(2 ** 15);
    expect(Math.max(...pairs)).toBeGreaterThan(100);
  });
});

it('templates made in bytes are nearly those made in floating point', async () => {
  const load = (name: 'dlib-faceres-v1' | 'dlib-faceres-v2') =>
    createFacePipeline({ maxPixels: MAX_PIXELS, embedder: builtEmbedders[name] });
  const [floats, bytes] = await Promise.all([load('dlib-faceres-v1'), load('dlib-faceres-v2')]);
  for (const name of sampleFaces.slice(0, 8)) {
    const picture = await sampleFace(name);
    const [one, other] = [await floats.extract(picture, 'centre'), await bytes.extract(picture, 'centre')];
    expect(cosine(one.template, other.template), name).toBeGreaterThan(0.998);
  }
});

import { activationLimits } from './dlib-activation-limits.js';
import { EightBitNodes, type ByteRange } from './eight-bit-nodes.js';
import { floatConvolution, type Layer } from './float-convolution.js';
import { depthwise, withMoreChannels } from './fusible-nodes.js';
import { OnnxGraph } from '../../src/onnx/onnx-graph.js';
import { manifestSchema, Weights } from './tfjs-weights.js';
import { toOutputsFirst } from './weight-layout.js';

/** Two convolutions and a shortcut around them. */
interface Block {
  readonly name: string;
  /** Absent where the block keeps the size of its input. */
  readonly halving?: {
    /** Channels of zeros that the shortcut gains to match the main branch. */
    readonly moreChannels: number;
    /** Whether pooling gives one row and column more than the main branch has. */
    readonly missingPixel: boolean;
  };
}

const FIRST_LAYER = 'conv32_down';

const residualBlocks: readonly Block[] = [
  ...plain('conv32_1', 'conv32_2', 'conv32_3'),
  { name: 'conv64_down', halving: { moreChannels: 32, missingPixel: false } },
  ...plain('conv64_1', 'conv64_2', 'conv64_3'),
  { name: 'conv128_down', halving: { moreChannels: 64, missingPixel: false } },
  ...plain('conv128_1', 'conv128_2'),
  { name: 'conv256_down', halving: { moreChannels: 128, missingPixel: true } },
  ...plain('conv256_1', 'conv256_2'),
  { name: 'conv256_down_out', halving: { moreChannels: 0, missingPixel: true } },
];

/**
 * Builds dlib's face recognition ResNet out of weights alone: the port that publishes them has no graph.
 * Layers: http://dlib.net/dnn_face_recognition_ex.cpp.html (`anet_type`).
 * @param manifest the port's weight manifest, a .json file.
 * @param weights its .bin file.
 */
export function convertDlibResnet(manifest: string, weights: Uint8Array): OnnxGraph {
  return new DlibResnet('dlib-resnet-v1', read(manifest, weights)).build((net, x, block) =>
    net.floatBranch(x, block),
  );
}

/** The same with the convolutions of all blocks in bytes; what flows past them stays floating-point. */
export function convertDlibResnet8Bit(manifest: string, weights: Uint8Array): OnnxGraph {
  return new DlibResnet('dlib-resnet-v1-8bit', read(manifest, weights)).build((net, x, block, before) =>
    net.eightBitBranch(x, block, before),
  );
}

/** What each layer of the floating-point network gives, as one output for each: for measuring their ranges. */
export function convertDlibResnetWithLayers(manifest: string, weights: Uint8Array): OnnxGraph {
  const onnx = convertDlibResnet(manifest, weights);
  for (const layer of measuredLayers())
    onnx.output(layer, ['batch', `${layer}/c`, `${layer}/h`, `${layer}/w`]);
  return onnx;
}

/** Names of the outputs whose ranges eight bits need: all but the last. */
export function measuredLayers(): string[] {
  const layers = residualBlocks.flatMap(({ name }) => [`${name}/conv1/relu`, `${name}/conv2/conv`, name]);
  return [`${FIRST_LAYER}/relu`, ...layers.slice(0, -1)];
}

function plain(...names: string[]): Block[] {
  return names.map((name) => ({ name }));
}

function read(manifest: string, weights: Uint8Array): Weights {
  return Weights.read(manifestSchema.parse(JSON.parse(manifest)), weights);
}

/** @param before name of the layer that gave x. */
type MainBranch = (net: DlibResnet, x: string, block: Block, before: string) => string;

class DlibResnet {
  readonly #onnx: OnnxGraph;
  readonly #eightBit: EightBitNodes;

  constructor(
    name: string,
    private readonly weights: Weights,
  ) {
    this.#onnx = new OnnxGraph(name);
    this.#eightBit = new EightBitNodes(this.#onnx);
  }

  build(mainBranch: MainBranch): OnnxGraph {
    const onnx = this.#onnx;
    const input = onnx.input('input', ['batch', 3, 150, 150]);
    let before = this.#floatConvolution(input, FIRST_LAYER, { strides: [2, 2], auto_pad: 'VALID' }, true);
    let x = onnx.node('MaxPool', [before], 'pool', { kernel_shape: [3, 3], strides: [2, 2] });
    for (const block of residualBlocks) {
      const main = mainBranch(this, x, block, before);
      x = before = onnx.node(
        'Relu',
        [onnx.node('Add', [main, this.#shortcut(x, block)], `${block.name}/sum`)],
        block.name,
      );
    }
    x = onnx.node('ReduceMean', [x], 'mean', { axes: [2, 3], keepdims: 0 });
    const { shape, values } = this.weights.floats('fc');
    onnx.node('MatMul', [x, onnx.floats('fc', shape, values)], 'embedding');
    onnx.output('embedding', ['batch', 128]);
    return onnx;
  }

  floatBranch(x: string, block: Block): string {
    const first = this.#floatConvolution(x, `${block.name}/conv1`, firstOf(block), true);
    const second = this.#floatConvolution(first, `${block.name}/conv2`, secondConvolution, false);
    return this.#withMissingPixel(second, block);
  }

  eightBitBranch(x: string, block: Block, before: string): string {
    const { name } = block;
    const bytes = this.#eightBit.quantise(x, `${name}/bytes`, rangeOf(before, false));
    const [one, two] = [`${name}/conv1`, `${name}/conv2`];
    const first = this.#eightBit.convolution(
      bytes,
      one,
      this.#layer(one),
      rangeOf(`${one}/relu`, false),
      firstOf(block),
    );
    const second = this.#eightBit.convolution(
      first,
      two,
      this.#layer(two),
      rangeOf(`${two}/conv`, true),
      secondConvolution,
    );
    return this.#withMissingPixel(this.#eightBit.dequantise(second, `${two}/floats`), block);
  }

  #shortcut(x: string, { name, halving }: Block): string {
    if (halving === undefined) return x;
    const size = { kernel_shape: [2, 2], strides: [2, 2] };
    const pooled = this.#onnx.node('AveragePool', [x], `${name}/pool`, size);
    const { moreChannels } = halving;
    if (moreChannels === 0) return pooled;
    const channels = { from: moreChannels, to: 2 * moreChannels };
    return withMoreChannels(this.#onnx, pooled, `${name}/shortcut`, channels);
  }

  #withMissingPixel(x: string, { name, halving }: Block): string {
    if (halving?.missingPixel !== true) return x;
    const channels = this.weights.floats(`${name}/conv2/conv/bias`).values.length;
    return depthwise(this.#onnx, x, `${name}/main`, new Float32Array(channels).fill(1), [1, 1]);
  }

  #floatConvolution(x: string, name: string, attributes: ConvolutionAttributes, relu: boolean): string {
    const sum = floatConvolution(this.#onnx, x, name, this.#layer(name), attributes);
    return relu ? this.#onnx.node('Relu', [sum], `${name}/relu`) : sum;
  }

  /** The per-channel scale and shift that follow every convolution are folded into its filters and bias. */
  #layer(name: string): Layer {
    const { shape, values } = this.weights.floats(`${name}/conv/filters`);
    const scale = this.weights.floats(`${name}/scale/weights`).values;
    const shift = this.weights.floats(`${name}/scale/biases`).values;
    const bias = this.weights.floats(`${name}/conv/bias`).values;
    const scaleOf = (channel: number) => scale[channel] ?? Number.NaN;
    const scaled = values.map((value, index) => value * scaleOf(index % scale.length));
    return {
      filters: toOutputsFirst(shape, scaled),
      bias: bias.map((value, channel) => value * scaleOf(channel) + (shift[channel] ?? Number.NaN)),
    };
  }
}

interface ConvolutionAttributes extends Readonly<Record<string, string | number[]>> {
  readonly strides: number[];
  readonly auto_pad: 'SAME_UPPER' | 'VALID';
}

const secondConvolution: ConvolutionAttributes = { strides: [1, 1], auto_pad: 'SAME_UPPER' };

function firstOf({ halving }: Block): ConvolutionAttributes {
  return halving === undefined ? secondConvolution : { strides: [2, 2], auto_pad: 'VALID' };
}

function rangeOf(layer: string, signed: boolean): ByteRange {
  const limit = activationLimits[layer];
  if (limit === undefined) throw new RangeError(`No limit is known for what ${layer} gives`);
  return { limit, signed };
}

import { z } from 'zod';
import { depthwise, withMoreChannels } from './fusible-nodes.js';
import type { OnnxGraph } from '../../src/onnx/onnx-graph.js';
import { toChannelsFirst, toOutputsFirst } from './weight-layout.js';
import { manifestSchema, Weights } from './tfjs-weights.js';

const attributeSchema = z.object({
  s: z.string().optional(),
  b: z.boolean().optional(),
  list: z.object({ i: z.array(z.coerce.number()).optional(), s: z.array(z.string()).optional() }).optional(),
});

const nodeSchema = z.object({
  name: z.string(),
  op: z.string(),
  input: z.array(z.string()).default([]),
  attr: z.record(z.string(), attributeSchema).default({}),
});

/** Runtimes compute this many channels at a time; pooling of another number of them leaves their layout. */
const CHANNEL_BLOCK = 16;

const graphModelSchema = z.object({
  format: z.literal('graph-model'),
  modelTopology: z.object({ node: z.array(nodeSchema) }),
  weightsManifest: manifestSchema,
});

type Node = z.infer<typeof nodeSchema>;

/**
 * Translates a TensorFlow.js graph model, as far as the requested tensors need it, into an ONNX graph.
 * Pictures are height × width × channels there and channels × height × width here.
 */
export class TfjsGraph {
  readonly #nodes: ReadonlyMap<string, Node>;
  readonly #weights: Weights;
  readonly #translated = new Map<string, string>();
  /** By name in the ONNX graph. */
  readonly #channels = new Map<string, number>();
  /** ONNX tensors that are rows of values and no pictures any more. */
  readonly #flat = new Set<string>();

  /**
   * @param json the model's .json file.
   * @param weights its .bin file.
   * @param input name of the ONNX graph's input that stands for the model's only placeholder.
   */
  constructor(
    private readonly onnx: OnnxGraph,
    json: string,
    weights: Uint8Array,
    private readonly input: string,
  ) {
    const model = graphModelSchema.parse(JSON.parse(json));
    this.#nodes = new Map(model.modelTopology.node.map((node) => [node.name, node]));
    this.#weights = Weights.read(model.weightsManifest, weights);
  }

  /**
   * Translates a tensor and everything it depends on.
   * @returns its name in the ONNX graph.
   */
  tensor(name: string): string {
    const known = this.#translated.get(name);
    if (known !== undefined) return known;
    const node = this.#nodes.get(name);
    if (node === undefined) throw new RangeError(`The model has no node called ${name}`);
    const output = this.#translate(node);
    this.#translated.set(name, output);
    return output;
  }

  #translate(node: Node): string {
    switch (node.op) {
      case 'Placeholder':
        return this.input;
      case 'Identity':
        return this.tensor(inputAt(node, 0));
      case '_FusedConv2D':
        return this.#convolution(node);
      case 'DepthwiseConv2dNative':
        return this.#depthwiseConvolution(node);
      case 'MaxPool':
        return this.#maxPool(node);
      case 'Pad':
        return this.#pad(node);
      case 'Prelu':
        return this.#prelu(this.tensor(inputAt(node, 0)), inputAt(node, 1), node.name);
      case 'Reshape':
        return this.#reshape(node);
      case '_FusedMatMul':
        return this.#fullyConnected(node);
      case 'Add':
      case 'AddV2':
        return this.#elementwise('Add', node);
      case 'Mul':
        return this.#elementwise('Mul', node);
      case 'Softmax':
        return this.#softmax(node);
      case 'Relu':
      case 'Sigmoid':
        return this.#like(this.tensor(inputAt(node, 0)), (x) => this.onnx.node(node.op, [x], node.name));
      default:
        throw new RangeError(`The operator ${node.op} of ${node.name} is not supported`);
    }
  }

  #convolution(node: Node): string {
    const x = this.tensor(inputAt(node, 0));
    const weight = this.#weights.floats(inputAt(node, 1));
    const filters = toOutputsFirst(weight.shape, weight.values);
    const bias = this.#weights.floats(inputAt(node, 2));
    const activation = fusedActivation(node);
    const inputs = [
      x,
      this.onnx.floats(inputAt(node, 1), filters.dims, filters.values),
      this.onnx.floats(inputAt(node, 2), bias.shape, bias.values),
    ];
    const attributes = { kernel_shape: filters.dims.slice(2), ...stridesAndPadding(node) };
    const conv = (output: string) =>
      this.#withChannels(filters.dims[0], this.onnx.node('Conv', inputs, output, attributes));
    switch (activation) {
      case undefined:
        return conv(node.name);
      case 'Relu':
        return this.#like(conv(`${node.name}/conv`), (sum) => this.onnx.node('Relu', [sum], node.name));
      case 'Prelu':
        return this.#prelu(conv(`${node.name}/conv`), inputAt(node, 3), node.name);
      default:
        throw new RangeError(`The activation ${activation} of ${node.name} is not supported`);
    }
  }

  #fullyConnected(node: Node): string {
    if (node.attr['transpose_a']?.b === true || node.attr['transpose_b']?.b === true)
      throw new RangeError(`The transposed factors of ${node.name} are not supported`);
    const x = this.tensor(inputAt(node, 0));
    const weight = this.#weights.floats(inputAt(node, 1));
    const bias = this.#weights.floats(inputAt(node, 2));
    const inputs = [
      x,
      this.onnx.floats(inputAt(node, 1), weight.shape, weight.values),
      this.onnx.floats(inputAt(node, 2), bias.shape, bias.values),
    ];
    const activation = fusedActivation(node);
    switch (activation) {
      case undefined:
        return this.#markFlat(this.onnx.node('Gemm', inputs, node.name));
      case 'Relu': {
        const sum = this.onnx.node('Gemm', inputs, `${node.name}/gemm`);
        return this.#markFlat(this.onnx.node('Relu', [sum], node.name));
      }
      default:
        throw new RangeError(`The activation ${activation} of ${node.name} is not supported`);
    }
  }

  /** Combines two tensors of the same shape, or a tensor with one weight for each of its channels. */
  #elementwise(operator: 'Add' | 'Mul', node: Node): string {
    const x = this.#addend(inputAt(node, 0));
    const other = inputAt(node, 1);
    const flat = this.#flat.has(x);
    const result = this.#like(x, () =>
      this.onnx.node(operator, [x, this.#perChannel(other, flat)], node.name),
    );
    return flat ? this.#markFlat(result) : result;
  }

  #perChannel(name: string, flat: boolean): string {
    if (this.#nodes.get(name)?.op !== 'Const') return this.#addend(name);
    const { shape, values } = this.#weights.floats(name);
    if (shape.length !== 1) throw new RangeError(`The weight ${name} is not one value for each channel`);
    return this.onnx.floats(name, flat ? [values.length] : [values.length, 1, 1], values);
  }

  #softmax(node: Node): string {
    const x = this.tensor(inputAt(node, 0));
    // On a picture it would run over the columns, which are channels in TensorFlow.
    if (!this.#flat.has(x)) throw new RangeError(`The Softmax of a picture, ${node.name}, is not supported`);
    return this.#markFlat(this.onnx.node('Softmax', [x], node.name));
  }

  #markFlat(tensor: string): string {
    this.#flat.add(tensor);
    return tensor;
  }

  #depthwiseConvolution(node: Node): string {
    const x = this.tensor(inputAt(node, 0));
    const weight = this.#weights.floats(inputAt(node, 1));
    const filters = toChannelsFirst(weight.shape, weight.values);
    const inputs = [x, this.onnx.floats(inputAt(node, 1), filters.dims, filters.values)];
    const attributes = {
      kernel_shape: filters.dims.slice(2),
      group: filters.dims[0],
      ...stridesAndPadding(node),
    };
    return this.#like(x, () => this.onnx.node('Conv', inputs, node.name, attributes));
  }

  #maxPool(node: Node): string {
    const attributes = { kernel_shape: spatial(node, 'ksize'), ...stridesAndPadding(node) };
    return this.#like(this.tensor(inputAt(node, 0)), (x) =>
      this.onnx.node('MaxPool', [x], node.name, attributes),
    );
  }

  /** A convolution that changes nothing brings pooled channels back to the layout of the other addend. */
  #addend(name: string): string {
    const x = this.tensor(name);
    if (this.#nodes.get(name)?.op !== 'MaxPool') return x;
    const channels = this.#channelsOf(x);
    if (channels % CHANNEL_BLOCK === 0) return x;
    return this.#like(x, () => depthwise(this.onnx, x, `${name}/same`, new Float32Array(channels).fill(1)));
  }

  /** Every Pad of these models adds channels of zeros behind those there are. */
  #pad(node: Node): string {
    const x = this.tensor(inputAt(node, 0));
    const amounts = this.#weights.integers(inputAt(node, 1));
    const more = amounts.at(-1) ?? 0;
    if (amounts.length !== 8 || amounts.slice(0, -1).some((amount) => amount !== 0))
      throw new RangeError(`The padding of ${node.name} is not supported`);
    const channels = this.#channelsOf(x);
    const all = channels + more;
    return this.#withChannels(all, withMoreChannels(this.onnx, x, node.name, { from: channels, to: all }));
  }

  /** `v + (1 - slope) · max(0, -v)` as two convolutions: a PRelu node would take blocked channels apart and join them again. */
  #prelu(x: string, slopeName: string, output: string): string {
    const slope = this.#weights.floats(slopeName).values;
    const opposite = depthwise(
      this.onnx,
      x,
      `${output}/opposite`,
      slope.map(() => -1),
    );
    const negative = this.onnx.node('Relu', [opposite], `${output}/negative`);
    const rest = depthwise(
      this.onnx,
      negative,
      `${output}/rest`,
      slope.map((value) => 1 - value),
    );
    return this.#withChannels(slope.length, this.onnx.node('Add', [rest, x], output));
  }

  #withChannels(channels: number, tensor: string): string {
    this.#channels.set(tensor, channels);
    return tensor;
  }

  /** The result has as many channels as `x`. */
  #like(x: string, make: (x: string) => string): string {
    const channels = this.#channels.get(x);
    const made = make(x);
    return channels === undefined ? made : this.#withChannels(channels, made);
  }

  #channelsOf(tensor: string): number {
    const channels = this.#channels.get(tensor);
    if (channels === undefined) throw new RangeError(`Nothing says how many channels ${tensor} has`);
    return channels;
  }

  /** Every Reshape of these models flattens a picture, whose values TensorFlow has in channels-last order. */
  #reshape(node: Node): string {
    const last = this.onnx.node('Transpose', [this.tensor(inputAt(node, 0))], `${node.name}/channels-last`, {
      perm: [0, 2, 3, 1],
    });
    const shape = this.onnx.integers(inputAt(node, 1), this.#weights.integers(inputAt(node, 1)));
    return this.#markFlat(this.onnx.node('Reshape', [last, shape], node.name));
  }
}

function inputAt(node: Node, index: number): string {
  const name = node.input[index];
  if (name === undefined) throw new RangeError(`${node.name} has no input ${index}`);
  return name;
}

/** @returns what follows the bias. */
function fusedActivation(node: Node): string | undefined {
  const [first, activation, ...more] = (node.attr['fused_ops']?.list?.s ?? []).map(fromBase64);
  if (first !== 'BiasAdd' || more.length > 0)
    throw new RangeError(`The fused operators of ${node.name} are not supported`);
  return activation;
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('latin1');
}

function spatial(node: Node, attribute: string): number[] {
  const [batch, height, width, channels] = node.attr[attribute]?.list?.i ?? [];
  if (batch !== 1 || channels !== 1 || height === undefined || width === undefined)
    throw new RangeError(`The ${attribute} of ${node.name} are not supported`);
  return [height, width];
}

function stridesAndPadding(node: Node): { strides: number[]; auto_pad: string } {
  if (node.attr['dilations']?.list?.i?.some((dilation) => dilation !== 1))
    throw new RangeError(`The dilations of ${node.name} are not supported`);
  const padding = fromBase64(node.attr['padding']?.s ?? '');
  if (padding !== 'SAME' && padding !== 'VALID')
    throw new RangeError(`The padding of ${node.name} is not supported`);
  return { strides: spatial(node, 'strides'), auto_pad: padding === 'SAME' ? 'SAME_UPPER' : 'VALID' };
}

import type { Layer } from './float-convolution.js';
import type { Attribute, OnnxGraph } from '../../src/onnx/onnx-graph.js';
import type { Filters } from './weight-layout.js';

/** A tensor of bytes that stand for `(byte - zero point) × scale`. */
export interface ByteTensor {
  readonly name: string;
  readonly scale: number;
  /** Names of the initialisers with both. */
  readonly scaleName: string;
  readonly zeroPointName: string;
}

/** What bytes can say: 0 to `limit`, or `-limit` to `limit`. Larger values become the limit. */
export interface ByteRange {
  readonly limit: number;
  readonly signed: boolean;
}

const LARGEST_WEIGHT = 127;

/** Half of what 32 bits hold, so that products can be added to it. */
const LARGEST_SUM = 2 ** 30;

/** Step for channels whose weights and bias are zero: any value will do. */
const SMALLEST_STEP = 1e-20;

/** Convolutions of bytes by signed bytes: a quarter of the memory, and two to three times as fast. */
export class EightBitNodes {
  constructor(private readonly onnx: OnnxGraph) {}

  quantise(x: string, output: string, range: ByteRange): ByteTensor {
    const result = this.#describe(output, range);
    this.onnx.node('QuantizeLinear', [x, result.scaleName, result.zeroPointName], output);
    return result;
  }

  dequantise(x: ByteTensor, output: string): string {
    return this.onnx.node('DequantizeLinear', [x.name, x.scaleName, x.zeroPointName], output);
  }

  /** What falls out of the range is clipped: a range from 0 on is also a ReLU. */
  convolution(
    x: ByteTensor,
    output: string,
    { filters, bias }: Layer,
    range: ByteRange,
    attributes: Readonly<Record<string, Attribute>>,
  ): ByteTensor {
    const channels = bias.length;
    const scales = scalesOf(filters).map((scale, channel) =>
      Math.max(scale, Math.abs(bias[channel] ?? Number.NaN) / (x.scale * LARGEST_SUM)),
    );
    const perChannel = filters.values.length / channels;
    const bytes = new Int8Array(filters.values.length);
    for (let index = 0; index < bytes.length; index++) {
      const scale = scales[Math.floor(index / perChannel)] ?? Number.NaN;
      bytes[index] = Math.round((filters.values[index] ?? Number.NaN) / scale);
    }
    const sums = Int32Array.from(bias, (value, channel) =>
      Math.round(value / (x.scale * (scales[channel] ?? Number.NaN))),
    );
    const result = this.#describe(output, range);
    const inputs = [
      x.name,
      x.scaleName,
      x.zeroPointName,
      this.onnx.bytes(`${output}/filters`, filters.dims, bytes),
      this.onnx.floats(`${output}/filters/scales`, [channels], scales),
      this.onnx.bytes(`${output}/filters/zeros`, [channels], new Int8Array(channels)),
      result.scaleName,
      result.zeroPointName,
      this.onnx.bytes(`${output}/bias`, [channels], sums),
    ];
    this.onnx.node('QLinearConv', inputs, output, { kernel_shape: filters.dims.slice(2), ...attributes });
    return result;
  }

  #describe(name: string, { limit, signed }: ByteRange): ByteTensor {
    const scale = limit / (signed ? 127 : 255);
    return {
      name,
      scale,
      scaleName: this.onnx.floats(`${name}/scale`, [], Float32Array.of(scale)),
      zeroPointName: this.onnx.bytes(`${name}/zero`, [], Uint8Array.of(signed ? 128 : 0)),
    };
  }
}

/**
 * How much one step of an output channel's weights is worth. x86 processors without VNNI multiply unsigned bytes by
 * weights and add two neighbouring products in 16 bits, which overflow silently (Intel, VPMADDUBSW). Steps are
 * therefore so large that no two neighbours of one sign exceed 127 together, whichever way the runtime lays the filters
 * out: every processor then computes the same sums.
 */
function scalesOf({ dims: [outputs, inputs, height, width], values }: Filters): Float32Array {
  const area = height * width;
  const perChannel = inputs * area;
  const scales = new Float32Array(outputs);
  for (let channel = 0; channel < outputs; channel++) {
    const weights = values.subarray(channel * perChannel, (channel + 1) * perChannel);
    // Depthwise filters meet one input channel only; the runtime multiplies those in 32 bits.
    const neighbours = inputs === 1 ? [] : [1, area];
    let largest = 0;
    for (let index = 0; index < perChannel; index++) {
      const weight = weights[index] ?? Number.NaN;
      largest = Math.max(largest, Math.abs(weight));
      for (const step of neighbours) {
        const neighbour = weights[index + step] ?? 0;
        if (weight * neighbour > 0) largest = Math.max(largest, Math.abs(weight + neighbour));
      }
    }
    scales[channel] = Math.max(SMALLEST_STEP, largest / LARGEST_WEIGHT);
  }
  return scales;
}

import { z } from 'zod';

const quantizationSchema = z.union([
  z.object({ dtype: z.literal('uint8'), scale: z.number(), min: z.number() }),
  z.object({ dtype: z.literal('float16') }),
]);

const weightSchema = z.object({
  name: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  dtype: z.enum(['float32', 'int32']),
  quantization: quantizationSchema.optional(),
});

/** TensorFlow.js weight manifest: what its binary file holds, in order. */
export const manifestSchema = z.array(z.object({ weights: z.array(weightSchema) })).length(1);

type WeightEntry = z.infer<typeof weightSchema>;

export type Weight =
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly values: Float32Array }
  | { readonly dtype: 'int32'; readonly shape: readonly number[]; readonly values: Int32Array };

export class Weights {
  private constructor(private readonly byName: ReadonlyMap<string, Weight>) {}

  /** @throws RangeError when the bytes are not exactly those the manifest announces. */
  static read(manifest: z.infer<typeof manifestSchema>, bytes: Uint8Array): Weights {
    const byName = new Map<string, Weight>();
    let offset = 0;
    for (const entry of manifest.flatMap((group) => group.weights)) {
      const count = entry.shape.reduce((product, size) => product * size, 1);
      const length = count * bytesPerValue(entry);
      if (offset + length > bytes.length)
        throw new RangeError('The weight file is shorter than its manifest');
      // A copy, because typed arrays need an aligned start and the manifest guarantees none.
      byName.set(entry.name, decode(entry, new Uint8Array(bytes.subarray(offset, offset + length)).buffer));
      offset += length;
    }
    if (offset !== bytes.length) throw new RangeError('The weight file is longer than its manifest');
    return new Weights(byName);
  }

  floats(name: string): Extract<Weight, { dtype: 'float32' }> {
    const weight = this.byName.get(name);
    if (weight?.dtype !== 'float32') throw new RangeError(`No floating-point weight is called ${name}`);
    return weight;
  }

  integers(name: string): readonly number[] {
    const weight = this.byName.get(name);
    if (weight?.dtype !== 'int32') throw new RangeError(`No integer weight is called ${name}`);
    return Array.from(weight.values);
  }
}

function bytesPerValue({ quantization }: WeightEntry): number {
  if (quantization === undefined) return 4;
  return quantization.dtype === 'uint8' ? 1 : 2;
}

function decode({ dtype, shape, quantization }: WeightEntry, buffer: ArrayBuffer): Weight {
  if (dtype === 'int32') return { dtype, shape, values: new Int32Array(buffer) };
  if (quantization === undefined) return { dtype, shape, values: new Float32Array(buffer) };
  if (quantization.dtype === 'float16') return { dtype, shape, values: fromHalf(new Uint16Array(buffer)) };
  const { scale, min } = quantization;
  return { dtype, shape, values: new Float32Array(new Uint8Array(buffer)).map((step) => step * scale + min) };
}

/** Widens IEEE 754 half precision; see section 3.6 of the standard for the three cases. */
function fromHalf(halves: Uint16Array): Float32Array {
  return new Float32Array(halves).map((bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
    return sign * (0x400 + fraction) * 2 ** (exponent - 25);
  });
}

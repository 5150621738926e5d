import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { modelFile } from '../../models/build-models.js';
import { modelCatalogue, type Model, type ModelName } from '../../src/models/catalogue.js';
import { sampleFace } from '../support/pictures/sample-faces.js';
import { dlibResnet, humanModel, type Reference } from '../support/models/tensorflow-models.js';

/** TensorFlow.js outputs in the catalogue's order and joined as the ONNX files join them. */
const references = {
  'blazeface-back': () => {
    const run = humanModel('blazeface', ['Identity', 'Identity_1', 'Identity_2', 'Identity_3']);
    return (input) => {
      const outputs = run(input);
      return [tf.sigmoid(tf.concat(outputs.slice(0, 2), 1)), tf.concat(outputs.slice(2), 1)];
    };
  },
  facemesh: () => humanModel('facemesh', ['Identity_1', 'Identity_2']),
  'dlib-resnet-v1': dlibResnet,
  faceres: () => humanModel('faceres', ['global_pooling/Mean']),
  antispoof: flattened('antispoof'),
  livenessnet: flattened('liveness'),
} satisfies Partial<Record<ModelName, () => Reference>>;

/** A model with one row of values, which the ONNX file gives without the batch. */
function flattened(name: string): () => Reference {
  return () => {
    const run = humanModel(name, ['Identity']);
    return (input) => run(input).map((row) => tf.reshape(row, [-1]));
  };
}

/** Deterministic bytes 0 to 255: a linear congruential generator, constants of Numerical Recipes. */
function noise(seed: number, length: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

async function realFace(size: number): Promise<Uint8Array> {
  return await sharp(await sampleFace('sample1-left'))
    .resize(size, size, { fit: 'cover' })
    .removeAlpha()
    .raw()
    .toBuffer();
}

/** Applies the catalogue's value mapping to interleaved RGB bytes and keeps them interleaved. */
function normalise({ input }: Model, pixels: Uint8Array): Float32Array {
  return Float32Array.from(
    pixels,
    (value, index) => (value - (input.mean[index % 3] ?? NaN)) / input.divisor,
  );
}

function toPlanes(values: Float32Array): Float32Array {
  const size = values.length / 3;
  return Float32Array.from(
    values,
    (_, index) => values[(index % size) * 3 + Math.floor(index / size)] ?? NaN,
  );
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce(
    (largest, value, index) => Math.max(largest, Math.abs(value - (b[index] ?? NaN))),
    0,
  );
}

const names = Object.keys(references) as (keyof typeof references)[];

describe.each(names)('%s as ONNX and in TensorFlow.js', (name) => {
  const model: Model = modelCatalogue[name];
  const [, , height, width] = model.input.shape;
  const tensorflow = references[name]();
  const session = InferenceSession.create(modelFile(name), { intraOpNumThreads: 1 });

  const pictures = [
    { title: 'a real face', pixels: () => realFace(width) },
    ...[1, 2, 3].map((seed) => ({ title: `noise ${seed}`, pixels: () => noise(seed, height * width * 3) })),
  ];

  it.each(pictures)('gives the same numbers for $title', async ({ pixels }) => {
    const interleaved = normalise(model, await pixels());
    const expected = tf.tidy(() => {
      const outputs = tensorflow(tf.tensor4d(interleaved, [1, height, width, 3]));
      return outputs.map((tensor) => tensor.dataSync());
    });
    const input = new Tensor('float32', toPlanes(interleaved), [1, 3, height, width]);
    const found = await (await session).run({ [model.input.name]: input });
    expect(Object.keys(found).sort()).toEqual(model.outputs.map((output) => output.name).sort());
    for (const [index, output] of model.outputs.entries()) {
      const tensor = found[output.name];
      expect(tensor?.dims).toEqual(output.shape.map((size) => (size === 'batch' ? 1 : size)));
      const difference = largestDifference((await tensor?.getData()) as Float32Array, expected[index] ?? []);
      // Single precision itself is worth about 1e-4 pixels after so many layers (TensorFlow.js's own CPU and WASM
      // backends differ by 1.6e-4), so coordinates are compared as fractions of the input's side.
      const unit = output.unit === 'pixel of the input' ? width : 1;
      expect(difference / unit, `largest difference in ${output.name}`).toBeLessThan(1e-5);
    }
  });
});

it('embeds a batch as it embeds one by one', async () => {
  const session = await InferenceSession.create(modelFile('dlib-resnet-v1'), { intraOpNumThreads: 1 });
  const { input, dimension } = modelCatalogue['dlib-resnet-v1'];
  const [, ...plane] = input.shape;
  const chips = await Promise.all(
    [realFace(150), noise(4, 150 * 150 * 3)].map(async (pixels) =>
      toPlanes(normalise(modelCatalogue['dlib-resnet-v1'], await pixels)),
    ),
  );
  const embed = async (values: Float32Array, batch: number) => {
    const { embedding } = await session.run({ input: new Tensor('float32', values, [batch, ...plane]) });
    expect(embedding?.dims).toEqual([batch, dimension]);
    return Array.from(embedding?.data as Float32Array);
  };
  const together = await embed(Float32Array.from(chips.flatMap((chip) => Array.from(chip))), chips.length);
  const alone = await Promise.all(chips.map((chip) => embed(chip, 1)));
  expect(largestDifference(together, alone.flat())).toBeLessThan(1e-5);
});

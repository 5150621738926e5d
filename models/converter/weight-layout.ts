/** Convolution filters as ONNX wants them. */
export interface Filters {
  readonly dims: readonly [outputs: number, inputs: number, height: number, width: number];
  readonly values: Float32Array;
}

/** Reorders TensorFlow's height × width × inputs × outputs into ONNX's outputs × inputs × height × width. */
export function toOutputsFirst(shape: readonly number[], values: Float32Array): Filters {
  const [height, width, inputs, outputs] = fourDimensions(shape);
  const reordered = new Float32Array(values.length);
  let from = 0;
  for (let position = 0; position < height * width; position += 1)
    for (let input = 0; input < inputs; input += 1)
      for (let output = 0; output < outputs; output += 1, from += 1)
        reordered[(output * inputs + input) * height * width + position] = values[from] ?? Number.NaN;
  return { dims: [outputs, inputs, height, width], values: reordered };
}

/** Reorders depthwise filters, height × width × channels × 1, into channels × 1 × height × width. */
export function toChannelsFirst(shape: readonly number[], values: Float32Array): Filters {
  const [height, width, channels, multiplier] = fourDimensions(shape);
  if (multiplier !== 1) throw new RangeError(`Depthwise filters with channel multiplier ${multiplier}`);
  return toOutputsFirst([height, width, 1, channels], values);
}

function fourDimensions(shape: readonly number[]): [number, number, number, number] {
  const [a, b, c, d, ...more] = shape;
  if (a === undefined || b === undefined || c === undefined || d === undefined || more.length > 0)
    throw new RangeError(`Filters of shape ${shape.join('×')} instead of four dimensions`);
  return [a, b, c, d];
}

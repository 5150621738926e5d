import { attributeType, dataType, ModelProto } from './onnx-proto.js';

/** A tensor's dimensions; a name stands for one that is known only when the model runs. */
export type Shape = readonly (number | string)[];

type TensorType = keyof typeof dataType;

/** Numbers become INT, arrays INTS, strings STRING; a FLOAT is marked by wrapping it. */
export type Attribute = number | readonly number[] | string | { readonly float: number };

/** Collects an ONNX graph in order and encodes it: the same calls always give the same bytes. */
export class OnnxGraph {
  readonly #nodes: object[] = [];
  readonly #initializers: object[] = [];
  readonly #inputs: object[] = [];
  readonly #outputs: object[] = [];

  constructor(private readonly name: string) {}

  /** @returns the name, for use as a node's input. */
  input(name: string, shape: Shape, type: TensorType = 'float'): string {
    this.#inputs.push(describeTensor(name, shape, type));
    return name;
  }

  output(name: string, shape: Shape, type: TensorType = 'float'): void {
    this.#outputs.push(describeTensor(name, shape, type));
  }

  floats(name: string, dims: readonly number[], values: Float32Array): string {
    return this.#initializer(name, dims, dataType.float, values);
  }

  integers(name: string, values: readonly number[]): string {
    return this.#initializer(name, [values.length], dataType.int64, BigInt64Array.from(values, BigInt));
  }

  /** The kind of array gives the type. */
  bytes(name: string, dims: readonly number[], values: Uint8Array | Int8Array | Int32Array): string {
    const type = values instanceof Uint8Array ? 'uint8' : values instanceof Int8Array ? 'int8' : 'int32';
    return this.#initializer(name, dims, dataType[type], values);
  }

  /** Adds a node with one output, which is also its name. */
  node(
    opType: string,
    inputs: readonly string[],
    output: string,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    this.nodeWithOutputs(opType, inputs, [output], attributes);
    return output;
  }

  /** Adds a node with several outputs; it is named after the first. */
  nodeWithOutputs(
    opType: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    const attribute = Object.entries(attributes).map(([name, value]) => encodeAttribute(name, value));
    this.#nodes.push({ input: inputs, output: outputs, name: outputs[0], opType, attribute });
  }

  /** The bytes of an .onnx file: IR version 9, operator set 17. */
  encode(): Uint8Array {
    const graph = {
      node: this.#nodes,
      name: this.name,
      initializer: this.#initializers,
      input: this.#inputs,
      output: this.#outputs,
    };
    const model = {
      irVersion: 9,
      producerName: 'facial-verification-backend',
      graph,
      opsetImport: [{ domain: '', version: 17 }],
    };
    return ModelProto.encode(model).finish();
  }

  #initializer(
    name: string,
    dims: readonly number[],
    type: number,
    values: ArrayBufferView & { readonly length: number },
  ): string {
    const size = dims.reduce((product, dim) => product * dim, 1);
    if (size !== values.length)
      throw new RangeError(`${name} holds ${values.length} values for the shape ${dims.join('×')}`);
    const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#initializers.push({ dims, dataType: type, name, rawData });
    return name;
  }
}

function describeTensor(name: string, shape: Shape, type: TensorType): object {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: dataType[type], shape: { dim } } } };
}

function encodeAttribute(name: string, value: Attribute): object {
  if (typeof value === 'number') return { name, i: value, type: attributeType.int };
  if (typeof value === 'string') return { name, s: Buffer.from(value), type: attributeType.string };
  if ('float' in value) return { name, f: value.float, type: attributeType.float };
  return { name, ints: value, type: attributeType.ints };
}

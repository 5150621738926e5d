import './no-telemetry.js';
import { InferenceSession, Tensor } from 'onnxruntime-node';

export interface ModelSessionOptions {
  /** Path of the ONNX file. */
  file: string;
  /** @default the model's only input */
  inputName?: string | undefined;
  inputShape: readonly number[];
  /**
   * Threads of one inference.
   * @default 1
   */
  intraOpThreads?: number;
}

/** Float32 results by output name. */
export type ModelOutputs = Readonly<Record<string, Float32Array>>;

/**
 * A loaded model with one input tensor that is reused: callers fill it in place. Inference blocks its thread, so
 * sessions belong into worker threads.
 */
export class ModelSession {
  readonly #session: InferenceSession;
  readonly #input: Tensor;
  readonly #feeds: Record<string, Tensor>;
  #previous: Promise<unknown> = Promise.resolve();

  private constructor(session: InferenceSession, input: Tensor, feeds: Record<string, Tensor>) {
    this.#session = session;
    this.#input = input;
    this.#feeds = feeds;
  }

  static async load({
    file,
    inputName,
    inputShape,
    intraOpThreads = 1,
  }: ModelSessionOptions): Promise<ModelSession> {
    const session = await InferenceSession.create(file, {
      executionProviders: ['cpu'],
      executionMode: 'sequential',
      // Blocked layouts: BlazeFace takes 3.4 ms with them and 7.5 ms without.
      graphOptimizationLevel: 'all',
      intraOpNumThreads: intraOpThreads,
      interOpNumThreads: 1,
      enableCpuMemArena: true,
      enableMemPattern: true,
    });
    const length = inputShape.reduce((product, side) => product * side, 1);
    const input = new Tensor('float32', new Float32Array(length), inputShape);
    const name = inputName ?? session.inputNames[0];
    if (name === undefined) throw new Error(`The model ${file} has no input.`);
    return new ModelSession(session, input, { [name]: input });
  }

  /** Fills the input and runs the model; calls wait for each other because they share the input. */
  run(fill: (input: Float32Array) => void): Promise<ModelOutputs> {
    const result = this.#previous.then(() => this.#infer(fill));
    this.#previous = result.catch(() => undefined);
    return result;
  }

  async #infer(fill: (input: Float32Array) => void): Promise<ModelOutputs> {
    fill(floats(this.#input));
    const results = await this.#session.run(this.#feeds);
    return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, floats(tensor)]));
  }
}

function floats(tensor: Tensor): Float32Array {
  if (tensor.data instanceof Float32Array) return tensor.data;
  throw new Error(`A float32 tensor was expected, not ${tensor.type}.`);
}

import { depthwise, withMoreChannels } from './fusible-nodes.js';
import { OnnxGraph } from './onnx-graph.js';
import { manifestSchema, Weights } from './tfjs-weights.js';
import { toOutputsFirst } from './weight-layout.js';

interface Convolution {
  readonly stride?: number;
  readonly padding: 'SAME_UPPER' | 'VALID';
  readonly relu: boolean;
}

/**
 * Builds dlib's face recognition ResNet out of weights alone: the port that publishes them has no graph.
 * Layers: http://dlib.net/dnn_face_recognition_ex.cpp.html (`anet_type`).
 * @param manifest the port's weight manifest, a .json file.
 * @param weights its .bin file.
 */
export function convertDlibResnet(manifest: string, weights: Uint8Array): OnnxGraph {
  const onnx = new OnnxGraph('dlib-resnet-v1');
  const net = new DlibResnet(onnx, Weights.read(manifestSchema.parse(JSON.parse(manifest)), weights));
  const size = 150;
  let x = onnx.input('input', ['batch', 3, size, size]);
  x = net.convolution(x, 'conv32_down', { stride: 2, padding: 'VALID', relu: true });
  x = onnx.node('MaxPool', [x], 'pool', { kernel_shape: [3, 3], strides: [2, 2] });
  for (const name of ['conv32_1', 'conv32_2', 'conv32_3']) x = net.residual(x, name);
  x = net.residualDown(x, 'conv64_down', { moreChannels: 32, missingPixel: false });
  for (const name of ['conv64_1', 'conv64_2', 'conv64_3']) x = net.residual(x, name);
  x = net.residualDown(x, 'conv128_down', { moreChannels: 64, missingPixel: false });
  for (const name of ['conv128_1', 'conv128_2']) x = net.residual(x, name);
  x = net.residualDown(x, 'conv256_down', { moreChannels: 128, missingPixel: true });
  for (const name of ['conv256_1', 'conv256_2']) x = net.residual(x, name);
  x = net.residualDown(x, 'conv256_down_out', { moreChannels: 0, missingPixel: true });
  x = onnx.node('ReduceMean', [x], 'mean', { axes: [2, 3], keepdims: 0 });
  onnx.node('MatMul', [x, net.fullyConnected('fc')], 'embedding');
  onnx.output('embedding', ['batch', 128]);
  return onnx;
}

class DlibResnet {
  constructor(
    private readonly onnx: OnnxGraph,
    private readonly weights: Weights,
  ) {}

  /** The per-channel scale and shift that follow every convolution are folded into its filters and bias. */
  convolution(x: string, name: string, { stride = 1, padding, relu }: Convolution): string {
    const { shape, values } = this.weights.floats(`${name}/conv/filters`);
    const scale = this.weights.floats(`${name}/scale/weights`).values;
    const shift = this.weights.floats(`${name}/scale/biases`).values;
    const bias = this.weights.floats(`${name}/conv/bias`).values;
    const scaleOf = (channel: number) => scale[channel] ?? Number.NaN;
    const filters = toOutputsFirst(
      shape,
      values.map((value, index) => value * scaleOf(index % scale.length)),
    );
    const inputs = [
      x,
      this.onnx.floats(`${name}/filters`, filters.dims, filters.values),
      this.onnx.floats(
        `${name}/bias`,
        [bias.length],
        bias.map((value, channel) => value * scaleOf(channel) + (shift[channel] ?? Number.NaN)),
      ),
    ];
    const sum = this.onnx.node('Conv', inputs, `${name}/conv`, {
      kernel_shape: filters.dims.slice(2),
      strides: [stride, stride],
      auto_pad: padding,
    });
    return relu ? this.onnx.node('Relu', [sum], `${name}/relu`) : sum;
  }

  residual(x: string, name: string): string {
    const first = this.convolution(x, `${name}/conv1`, { padding: 'SAME_UPPER', relu: true });
    const second = this.convolution(first, `${name}/conv2`, { padding: 'SAME_UPPER', relu: false });
    return this.addAndClip(second, x, name);
  }

  /**
   * @param moreChannels channels of zeros that the shortcut gains to match the main branch.
   * @param missingPixel whether pooling gives one row and column more than the main branch has.
   */
  residualDown(
    x: string,
    name: string,
    { moreChannels, missingPixel }: { moreChannels: number; missingPixel: boolean },
  ): string {
    const first = this.convolution(x, `${name}/conv1`, { stride: 2, padding: 'VALID', relu: true });
    const second = this.convolution(first, `${name}/conv2`, { padding: 'SAME_UPPER', relu: false });
    const main = missingPixel ? this.withOneMorePixel(second, name) : second;
    const pooled = this.onnx.node('AveragePool', [x], `${name}/pool`, {
      kernel_shape: [2, 2],
      strides: [2, 2],
    });
    const shortcut =
      moreChannels > 0
        ? withMoreChannels(this.onnx, pooled, `${name}/shortcut`, {
            from: moreChannels,
            to: 2 * moreChannels,
          })
        : pooled;
    return this.addAndClip(main, shortcut, name);
  }

  fullyConnected(name: string): string {
    const { shape, values } = this.weights.floats(name);
    return this.onnx.floats(name, shape, values);
  }

  private addAndClip(main: string, shortcut: string, name: string): string {
    return this.onnx.node('Relu', [this.onnx.node('Add', [main, shortcut], `${name}/sum`)], name);
  }

  private withOneMorePixel(x: string, name: string): string {
    const channels = this.weights.floats(`${name}/conv2/conv/bias`).values.length;
    return depthwise(this.onnx, x, `${name}/main`, new Float32Array(channels).fill(1), [1, 1]);
  }
}

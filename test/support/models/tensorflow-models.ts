import '@tensorflow/tfjs-backend-cpu';
import { loadGraphModelSync } from '@tensorflow/tfjs-converter';
import * as tf from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../src/project-root.js';

/** Runs a model in TensorFlow.js straight from its package. */
export type Reference = (input: tf.Tensor4D) => tf.Tensor[];

function packageFile(path: string): Buffer {
  return readFileSync(join(projectRoot, 'node_modules', path));
}

function toArrayBuffer(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

/** A graph model out of @vladmandic/human; its outputs in the order of the names. */
export function humanModel(name: string, outputs: string[]): Reference {
  const json = JSON.parse(packageFile(`@vladmandic/human/models/${name}.json`).toString()) as tf.io.ModelJSON;
  const weights = toArrayBuffer(packageFile(`@vladmandic/human/models/${name}.bin`));
  const model = loadGraphModelSync([json, weights]);
  return (input) => [model.execute(input, outputs)].flat();
}

/** dlib's ResNet written down in TensorFlow.js operations, with the published weights as they are. */
export function dlibResnet(): Reference {
  const folder = '@vladmandic/face-api/model/face_recognition_model';
  const manifest = JSON.parse(
    packageFile(`${folder}-weights_manifest.json`).toString(),
  ) as tf.io.WeightsManifestConfig;
  const weights = tf.io.decodeWeights(
    toArrayBuffer(packageFile(`${folder}.bin`)),
    manifest.flatMap((group) => group.weights),
  );
  const weight = (name: string) => weights[name] ?? raise(name);

  const convolution = (x: tf.Tensor4D, name: string, stride: number, padding: 'same' | 'valid') => {
    const filters = weight(`${name}/conv/filters`) as tf.Tensor4D;
    const sum = tf.add(tf.conv2d(x, filters, stride, padding), weight(`${name}/conv/bias`));
    const scaled = tf.mul(sum, weight(`${name}/scale/weights`));
    return tf.add<tf.Tensor4D>(scaled, weight(`${name}/scale/biases`));
  };
  const residual = (x: tf.Tensor4D, name: string) => {
    const first = tf.relu(convolution(x, `${name}/conv1`, 1, 'same'));
    return tf.relu(tf.add<tf.Tensor4D>(convolution(first, `${name}/conv2`, 1, 'same'), x));
  };
  const residualDown = (x: tf.Tensor4D, name: string) => {
    const first = tf.relu(convolution(x, `${name}/conv1`, 2, 'valid'));
    const main = convolution(first, `${name}/conv2`, 1, 'same');
    const shortcut = tf.avgPool(x, 2, 2, 'valid');
    const rows = shortcut.shape[1] - main.shape[1];
    const columns = shortcut.shape[2] - main.shape[2];
    const channels = main.shape[3] - shortcut.shape[3];
    const paddedMain = tf.pad4d(main, [
      [0, 0],
      [0, rows],
      [0, columns],
      [0, 0],
    ]);
    const paddedShortcut = tf.pad4d(shortcut, [
      [0, 0],
      [0, 0],
      [0, 0],
      [0, channels],
    ]);
    return tf.relu(tf.add<tf.Tensor4D>(paddedShortcut, paddedMain));
  };

  return (input) => {
    let x = tf.relu(convolution(input, 'conv32_down', 2, 'valid'));
    x = tf.maxPool(x, 3, 2, 'valid');
    x = residual(residual(residual(x, 'conv32_1'), 'conv32_2'), 'conv32_3');
    x = residualDown(x, 'conv64_down');
    x = residual(residual(residual(x, 'conv64_1'), 'conv64_2'), 'conv64_3');
    x = residualDown(x, 'conv128_down');
    x = residual(residual(x, 'conv128_1'), 'conv128_2');
    x = residualDown(x, 'conv256_down');
    x = residual(residual(x, 'conv256_1'), 'conv256_2');
    x = residualDown(x, 'conv256_down_out');
    return [tf.matMul(tf.mean<tf.Tensor2D>(x, [1, 2]), weight('fc'))];
  };
}

function raise(name: string): never {
  throw new RangeError(`The package has no weight called ${name}`);
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OnnxGraph } from '../../../src/onnx/onnx-graph.js';
import { sha256 } from '../../../models/model-sources.js';
import { unitVector } from './unit-vectors.js';

/** An embedder that hands its input back, 3 × 112 × 112 values, so that tests see what it was given. */
export function echoEmbedder(): Uint8Array {
  const graph = new OnnxGraph('echo');
  graph.input('data', [1, 3, 112, 112]);
  graph.node('Flatten', ['data'], 'embedding', { axis: 1 });
  graph.output('embedding', [1, 3 * 112 * 112]);
  return graph.encode();
}

const POOLED = 3 * 14 * 14;

/**
 * An embedder of ArcFace's shape: a fixed random projection of the chip, averaged over 8 × 8 pixels and freed of its
 * mean. It tells pictures apart, and knows the same photo again.
 */
export function projectionEmbedder(dimension: number, seed = 1): Uint8Array {
  const graph = new OnnxGraph('projection');
  graph.input('data', [1, 3, 112, 112]);
  graph.node('AveragePool', ['data'], 'pooled', { kernel_shape: [8, 8], strides: [8, 8] });
  graph.node('Flatten', ['pooled'], 'flat', { axis: 1 });
  graph.node('ReduceMean', ['flat'], 'mean', { axes: [1], keepdims: 1 });
  graph.node('Sub', ['flat', 'mean'], 'centred');
  const rows = Array.from({ length: POOLED }, (_, row) => [...unitVector(seed * POOLED + row, dimension)]);
  graph.floats('weights', [POOLED, dimension], Float32Array.from(rows.flat()));
  graph.node('MatMul', ['centred', 'weights'], 'embedding');
  graph.output('embedding', [1, dimension]);
  return graph.encode();
}

/** What a detector of YuNet's kind says of one cell; offsets in cells, sizes as logarithms. */
export interface YunetCell {
  readonly stride: 8 | 16 | 32;
  readonly column: number;
  readonly row: number;
  readonly cls: number;
  readonly obj: number;
  /** x and y of right eye, left eye, nose tip, right and left mouth corner. */
  readonly points: readonly number[];
}

/** A detector with YuNet's input and outputs that says the same of every picture; also gives its input as `seen`. */
export function fixedYunet(cells: readonly YunetCell[]): Uint8Array {
  const graph = new OnnxGraph('yunet');
  graph.input('input', [1, 3, 640, 640]);
  graph.node('Identity', ['input'], 'seen');
  graph.output('seen', [1, 3, 640, 640]);
  for (const stride of [8, 16, 32] as const) {
    const columns = 640 / stride;
    const values = { cls: new Float32Array(columns ** 2), obj: new Float32Array(columns ** 2) };
    const points = new Float32Array(columns ** 2 * 10);
    for (const cell of cells.filter((one) => one.stride === stride)) {
      const index = cell.row * columns + cell.column;
      values.cls[index] = cell.cls;
      values.obj[index] = cell.obj;
      points.set(cell.points, index * 10);
    }
    const output = (kind: string, depth: number, data: Float32Array) => {
      const dims = [1, columns ** 2, depth];
      graph.node('Identity', [graph.floats(`${kind}_${stride}_values`, dims, data)], `${kind}_${stride}`);
      graph.output(`${kind}_${stride}`, dims);
    };
    output('cls', 1, values.cls);
    output('obj', 1, values.obj);
    output('bbox', 4, new Float32Array(columns ** 2 * 4));
    output('kps', 10, points);
  }
  return graph.encode();
}

/** Writes a model and its description. @returns path of the description. */
export async function writeOwnModel(
  folder: string,
  bytes: Uint8Array,
  description: Readonly<Record<string, unknown>>,
): Promise<string> {
  await writeFile(join(folder, 'own.onnx'), bytes);
  const path = join(folder, 'own.json');
  const defaults = { name: 'own', file: 'own.onnx', sha256: sha256(bytes), licence: 'CC0-1.0' };
  await writeFile(path, JSON.stringify({ ...defaults, ...description }));
  return path;
}

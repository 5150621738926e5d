import { expect, it } from 'vitest';
import { chooseEmbedder } from '../../src/models/choose-models.js';
import { OnnxGraph } from '../../src/onnx/onnx-graph.js';
import { createFacePipeline } from '../../src/faces/face-pipeline.js';
import { sampleFace } from '../support/pictures/sample-faces.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { writeOwnModel } from '../support/models/tiny-models.js';

const DIMENSION = 64;

/** An embedder that multiplies means of its input by the same factor everywhere. */
function scaled(factor: number): Uint8Array {
  const graph = new OnnxGraph('scaled');
  graph.input('data', [1, 3, 112, 112]);
  graph.node('AveragePool', ['data'], 'pooled', { kernel_shape: [14, 14], strides: [14, 14] });
  graph.node('Flatten', ['pooled'], 'flat', { axis: 1 });
  const weights = new Float32Array(3 * 64 * DIMENSION).fill(factor);
  graph.node('MatMul', ['flat', graph.floats('weights', [3 * 64, DIMENSION], weights)], 'embedding');
  graph.output('embedding', [1, DIMENSION]);
  return graph.encode();
}

it.each([NaN, Infinity, 0, 3e38])('an embedder whose weights are %d gives no template', async (factor) => {
  const path = await writeOwnModel(temporaryFolder(), scaled(factor), { dimension: DIMENSION });
  const pipeline = await createFacePipeline({
    maxPixels: 50_000_000,
    embedder: await chooseEmbedder(path),
  });
  await expect(pipeline.extract(await sampleFace('sample3-left'))).rejects.toThrow(
    'A vector without a direction cannot be a template.',
  );
});

import { parseArgs } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { buildModels } from '../../models/build-models.js';
import { modelCatalogue } from '../../src/models/catalogue.js';
import { convertDlibResnetWithLayers, measuredLayers } from '../../models/converter/dlib-resnet.js';
import { readSource } from '../../models/model-sources.js';
import { chipToPicture } from '../../src/faces/embed/face-chip.js';
import { createFacePipeline } from '../../src/faces/face-pipeline.js';
import { warp } from '../../src/faces/picture/warp.js';
import { listImages } from './templates/image-folder.js';
import { ProgressBar } from './progress-bar.js';
import { readFace } from './templates/read-face.js';

const MAX_PIXELS = 50_000_000;

/** Part of a layer's values that keep within the limit; the others are outliers, and are clipped. */
const PART_WITHIN = 0.9999;

const { chip, input, sources } = modelCatalogue['dlib-resnet-v1'];

async function loadWithLayers(): Promise<InferenceSession> {
  const [manifest, weights] = await Promise.all(sources.map((source) => readSource(source)));
  if (manifest === undefined || weights === undefined) throw new Error('dlib-resnet-v1 lacks a source.');
  const graph = convertDlibResnetWithLayers(manifest.toString('utf8'), weights);
  return InferenceSession.create(graph.encode(), { intraOpNumThreads: 1, graphOptimizationLevel: 'basic' });
}

/** The size below which `PART_WITHIN` of the values lie. */
function limitOf(values: Float32Array): number {
  const sizes = values.map(Math.abs).sort();
  return sizes[Math.floor(PART_WITHIN * sizes.length)] ?? Number.NaN;
}

const { values } = parseArgs({ options: { images: { type: 'string' } } });
if (values.images === undefined) throw new Error('Usage: npm run calibrate -- --images <folder>');
await buildModels();
const images = listImages(values.images);
const pipeline = await createFacePipeline({ maxPixels: MAX_PIXELS });
const network = await loadWithLayers();
const sums = new Map(measuredLayers().map((layer) => [layer, 0]));
const progress = new ProgressBar('Measuring layers', images.length);
const data = new Float32Array(3 * chip.size ** 2);
const crop = new Tensor('float32', data, [1, 3, chip.size, chip.size]);
for (const image of images) {
  const { face, picture } = await readFace(pipeline, image.path);
  warp(picture, chipToPicture(face.landmarks, chip), { data, size: chip.size }, input);
  const layers = await network.run({ [input.name]: crop });
  for (const [layer, sum] of sums) sums.set(layer, sum + limitOf(layers[layer]?.data as Float32Array));
  progress.step();
}
for (const [layer, sum] of sums) console.log(`  '${layer}': ${(sum / images.length).toPrecision(3)},`);

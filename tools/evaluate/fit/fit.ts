import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { buildModels } from '../../../models/build-models.js';
import { DEFAULT_EMBEDDER } from '../../../src/models/catalogue.js';
import { fusedEmbedders } from '../../../src/models/fused-embedders.js';
import { FaceDescriber } from '../../../src/faces/embed/face-describer.js';
import { createFacePipeline } from '../../../src/faces/face-pipeline.js';
import { ofCatalogue } from '../../../src/models/chosen-model.js';
import type { FaceParts } from '../../../src/faces/embed/template-fusion.js';
import { compare } from '../cross-comparisons.js';
import { Comparisons } from '../error-rates.js';
import { fitProjections, heldOutTemplates } from './fit-fusion.js';
import { listImages, type ImageFile } from '../templates/image-folder.js';
import { ProgressBar } from '../progress-bar.js';
import { readFace } from '../templates/read-face.js';
import { describePoints, operatingPoints } from '../report.js';

const MAX_PIXELS = 50_000_000;
const GROUPS = 5;
const fused = fusedEmbedders[DEFAULT_EMBEDDER];

async function describeAll(images: readonly ImageFile[]): Promise<FaceParts[]> {
  const embedder = ofCatalogue(fused.embedder);
  const pipeline = await createFacePipeline({ maxPixels: MAX_PIXELS, embedder });
  const describer = await FaceDescriber.load(fused.features, 1);
  const progress = new ProgressBar('Reading faces', images.length);
  const faces: FaceParts[] = [];
  for (const image of images) {
    const { face, picture } = await readFace(pipeline, image.path);
    const features = await describer.describe(picture, face.landmarks);
    faces.push({ embedding: face.template, features });
    progress.step();
  }
  return faces;
}

/** People are dealt out to groups; each comparison uses projections fitted without the groups of both. */
function heldOutComparisons(images: readonly ImageFile[], faces: readonly FaceParts[]): Comparisons {
  const identities = [...new Set(images.map(({ identity }) => identity))];
  const groupOf = images.map(({ identity }) => identities.indexOf(identity) % GROUPS);
  const comparisons = new Comparisons();
  const progress = new ProgressBar('Cross-validating', (GROUPS * (GROUPS + 1)) / 2);
  for (const { groups, templates } of heldOutTemplates(faces, groupOf)) {
    const subjects = images.map(({ identity }, face) => ({ identity, template: templates[face] ?? null }));
    subjects.forEach((first, one) => {
      subjects.slice(one + 1).forEach((second, offset) => {
        const pair = [groupOf[one], groupOf[one + 1 + offset]].sort();
        if (pair[0] === groups[0] && pair[1] === groups[1]) compare(first, second, comparisons);
      });
    });
    progress.step();
  }
  return comparisons;
}

const { values } = parseArgs({ options: { images: { type: 'string' }, output: { type: 'string' } } });
if (values.images === undefined || values.output === undefined)
  throw new Error('Usage: npm run fit -- --images <folder> --output <file>');
await buildModels();
const images = listImages(values.images);
const faces = await describeAll(images);
console.log(`Cross-validated over ${GROUPS} groups of people, projections fitted without those compared:`);
console.log(describePoints(operatingPoints(heldOutComparisons(images, faces))));
const bytes = Buffer.from(fitProjections(faces).buffer);
await writeFile(values.output, bytes);
console.log(`${values.output} has SHA-256 ${createHash('sha256').update(bytes).digest('hex')}`);

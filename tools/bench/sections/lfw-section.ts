import { DEFAULT_EMBEDDER } from '../../../src/models/catalogue.js';
import { fusedEmbedders } from '../../../src/models/fused-embedders.js';
import { createFacePipeline } from '../../../src/faces/face-pipeline.js';
import { extractLfw, measureLfw } from '../../../test/support/pictures/lfw-accuracy.js';
import { lfwDev, lfwDevNeeded } from '../../../test/support/pictures/lfw-dev.js';
import type { BenchSection } from './bench-section.js';

const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(2)} %`;

/** Decisions on the optional pictures of Labeled Faces in the Wild, at the threshold of each false match rate. */
export const lfwSection: BenchSection = {
  title: `Accuracy on lfw-dev, face nearest to the middle${lfwDevNeeded}`,
  async run() {
    if (lfwDev === null) return [];
    const pictures = lfwDev;
    const faces = await extractLfw(pictures, await createFacePipeline({ maxPixels: 1_000_000 }));
    const rows = Object.entries(fusedEmbedders[DEFAULT_EMBEDDER].thresholds).map(([rate, threshold]) => {
      const { missed, genuine, impostor } = measureLfw(pictures, faces, threshold);
      return [
        rate,
        threshold.toFixed(3),
        `${genuine.accepted} of ${genuine.pairs} (${percent(genuine.accepted, genuine.pairs)})`,
        `${impostor.accepted} of ${impostor.pairs}`,
        `${missed.length} of ${pictures.names().length}`,
      ];
    });
    return [['FMR', 'threshold', 'genuine accepted', 'impostors accepted', 'faces missed'], ...rows];
  },
};

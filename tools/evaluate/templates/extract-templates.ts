import { Piscina } from 'piscina';
import type { FacePipelineOptions } from '../../../src/faces/face-pipeline.js';
import type { ChosenEmbedder } from '../../../src/models/chosen-model.js';
import { compiledFile } from '../../../src/project-root.js';
import type { Extraction } from './extraction-worker.js';
import type { ImageFile } from './image-folder.js';
import { ProgressBar } from '../progress-bar.js';
import type { TemplateCache } from './template-cache.js';

const MAX_PIXELS = 50_000_000;

export interface ExtractOptions {
  readonly workers: number;
  readonly embedder: ChosenEmbedder;
  /** Where results are kept, if anywhere. */
  readonly cache: TemplateCache | null;
}

/** What each picture gave, in their order. @throws what went wrong other than a picture without a usable face. */
export async function extractTemplates(
  images: readonly ImageFile[],
  { workers, embedder, cache }: ExtractOptions,
): Promise<Extraction[]> {
  const threads = new Piscina<string, Extraction>({
    filename: compiledFile('tools/evaluate/templates/extraction-worker.ts'),
    minThreads: workers,
    maxThreads: workers,
    // Blocking the thread between jobs would hold back the decoder's clean-up.
    atomics: 'disabled',
    workerData: { maxPixels: MAX_PIXELS, embedder } satisfies FacePipelineOptions,
  });
  const progress = new ProgressBar('Extracting templates', images.length);
  try {
    return await Promise.all(
      images.map(async (image) => {
        const known = cache?.get(image);
        const extraction = known ?? (await threads.run(image.path));
        if (known === undefined) cache?.add(image, extraction);
        progress.step();
        return extraction;
      }),
    );
  } finally {
    await threads.destroy();
  }
}

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ChosenEmbedder } from '../../../src/models/chosen-model.js';
import { compiledFile } from '../../../src/project-root.js';

/** Names the embedder and the code of the pipeline and of the catalogues, which hold the hashes of all models. */
export function pipelineVersion({ modelId }: ChosenEmbedder): string {
  const folders = [
    dirname(compiledFile('src/faces/face-pipeline.ts')),
    dirname(compiledFile('src/models/catalogue.ts')),
  ];
  const hash = createHash('sha256');
  for (const folder of folders) {
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js'))
      .sort())
      hash.update(readFileSync(join(folder, file)));
  }
  return `${modelId}-${hash.digest('hex').slice(0, 16)}`;
}

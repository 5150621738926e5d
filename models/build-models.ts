import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeStaleTemporaries, writeAtomically } from '../src/atomic-file.js';
import { modelCatalogue, modelsFolder, type Model, type ModelName } from '../src/models/catalogue.js';
import { ModelError } from '../src/models/model-error.js';
import { readSource, sha256 } from './model-sources.js';

export { modelFile } from '../src/models/catalogue.js';

export interface BuildOptions {
  /**
   * Where the ONNX files are.
   * @default models/ of the project
   */
  readonly folder?: string;
  /**
   * The node_modules folder that holds the packages with the weights.
   * @default those that Node searches for packages of the project
   */
  readonly packagesFolder?: string;
  /** Is told what was found and what is done, a sentence each time. */
  readonly onProgress?: (message: string) => void;
}

/**
 * Builds every ONNX file that is missing or whose SHA-256 is not the catalogue's; costs only hashing when all are right.
 * Safe to call from several processes at once: each file is replaced whole, by the same bytes.
 * @throws ModelError naming the file, what is wrong with it and what to do.
 */
export async function buildModels(options: BuildOptions = {}): Promise<void> {
  const { folder = modelsFolder, packagesFolder, onProgress = () => undefined } = options;
  for (const [name, model] of Object.entries(modelCatalogue) as [ModelName, Model][]) {
    const path = join(folder, model.file);
    const found = await digestOf(path);
    if (found === model.sha256) {
      onProgress(`${path} is in place.`);
      continue;
    }
    onProgress(
      found === null ? `${path} is missing; building it.` : `${path} is damaged; building it again.`,
    );
    await write(path, await convert(name, model, packagesFolder), folder);
  }
}

async function digestOf(path: string): Promise<string | null> {
  try {
    return sha256(await readFile(path));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new ModelError(`The model ${path} cannot be read. Check its permissions, or remove it.`, {
      cause: error,
    });
  }
}

async function convert(name: ModelName, model: Model, packagesFolder?: string): Promise<Uint8Array> {
  const [graph, weights] = await Promise.all([
    readSource(model.sources[0], packagesFolder),
    readSource(model.sources[1], packagesFolder),
  ]);
  // Loaded here, so that a start that finds its models in place does not pay for the converter.
  const { recipes } = await import('./converter/recipes.js');
  const bytes = recipes[name](graph.toString('utf8'), weights).encode();
  const made = sha256(bytes);
  if (made !== model.sha256)
    throw new ModelError(
      `The converter made ${model.file} with SHA-256 ${made} where the catalogue names ${model.sha256}. ` +
        `They belong together: restore models/ as released, or change both.`,
    );
  return bytes;
}

async function write(path: string, bytes: Uint8Array, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await removeStaleTemporaries(folder);
    await writeAtomically(path, bytes, 0o644);
  } catch (cause) {
    throw new ModelError(
      `The model ${path} cannot be written. Make the folder writable, or run "npm run models" as a user who may.`,
      { cause },
    );
  }
}

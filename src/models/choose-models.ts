import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  builtDetector,
  builtEmbedders,
  isBuiltEmbedder,
  type ChosenDetector,
  type ChosenEmbedder,
} from './chosen-model.js';
import { modelsFolder } from './catalogue.js';
import { ModelError } from './model-error.js';
import { isOptionalModel, optionalModels } from './optional-models.js';
import { readOwnModel } from './own-model.js';

/**
 * Finds an embedder and checks its file.
 * @param choice name of a model, or path of a `.json` file that describes one.
 * @throws ModelError when there is no such embedder, or its file is missing or is not the one described.
 */
export async function chooseEmbedder(choice: string, folder = modelsFolder): Promise<ChosenEmbedder> {
  if (isBuiltEmbedder(choice)) return builtEmbedders[choice];
  if (choice.endsWith('.json')) {
    const chosen = await readOwnModel(resolve(choice));
    await assertWhole(chosen.path, chosen.model.sha256, 'Compare the description with the file.');
    return chosen;
  }
  const model = isOptionalModel(choice) ? optionalModels[choice] : undefined;
  if (model?.role !== 'embedder') {
    const known = [...Object.keys(builtEmbedders), ...embedderNames()].join(', ');
    throw new ModelError(
      `There is no embedder "${choice}". FACE_EMBEDDER takes ${known} or the path of a .json file.`,
    );
  }
  const path = join(folder, model.file);
  await assertWhole(path, model.sha256, `Run "npm run models -- add ${choice}".`);
  return { modelId: choice, model, path };
}

/** @throws ModelError when the file is missing or is not the one in the catalogue. */
export async function chooseDetector(
  choice: 'blazeface-back' | 'yunet',
  folder = modelsFolder,
): Promise<ChosenDetector> {
  if (choice === 'blazeface-back') return builtDetector;
  const model = optionalModels[choice];
  const path = join(folder, model.file);
  await assertWhole(path, model.sha256, `Run "npm run models -- add ${choice}".`);
  return { model, path };
}

function embedderNames(): string[] {
  return Object.entries(optionalModels).flatMap(([name, { role }]) => (role === 'embedder' ? [name] : []));
}

async function assertWhole(path: string, sha256: string, remedy: string): Promise<void> {
  const found = await fileDigest(path).catch((cause: unknown) => {
    throw new ModelError(`The model ${path} cannot be read. ${remedy}`, { cause });
  });
  if (found !== sha256)
    throw new ModelError(
      `The model ${path} is not the expected file: its SHA-256 is ${found} instead of ${sha256}. ${remedy}`,
    );
}

/** SHA-256 of a file of any size, hexadecimal. */
export async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

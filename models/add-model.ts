import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { modelsFolder } from '../src/models/catalogue.js';
import { fileDigest } from '../src/models/choose-models.js';
import { assertExpected, download, type DownloadOptions } from './download.js';
import { ModelError } from '../src/models/model-error.js';
import { isOptionalModel, optionalModels, type OptionalModel } from '../src/models/optional-models.js';

export interface AddOptions extends Pick<DownloadOptions, 'onProgress' | 'attempts' | 'retryDelayMs'> {
  /** A file to copy instead of downloading, for machines without internet. */
  readonly from?: string;
  /** @default models/ of the project */
  readonly folder?: string;
}

export type OptionalModels = Readonly<Record<string, OptionalModel>>;

/**
 * Puts an optional model in place, unless it is there.
 * @returns path of its file.
 * @throws ModelError when there is no such model, or its file cannot be fetched or is not the expected one.
 */
export async function addModel(
  name: string,
  options: AddOptions = {},
  models: OptionalModels = optionalModels,
): Promise<string> {
  const { folder = modelsFolder, from, ...rest } = options;
  const model = Object.hasOwn(models, name) ? models[name] : undefined;
  if (!model)
    throw new ModelError(
      `There is no model "${name}" to add: choose one of ${Object.keys(models).join(', ')}.`,
    );
  const path = join(folder, model.file);
  if (await isInPlace(path, model)) return path;
  await mkdir(folder, { recursive: true });
  if (from !== undefined) await addFile(from, path, model);
  else await download({ ...rest, ...model.download, path, sha256: model.sha256 });
  return path;
}

/** Whether the file of an optional model is there, whole. */
export function isAdded(name: string, folder = modelsFolder): Promise<boolean> {
  if (!isOptionalModel(name)) return Promise.resolve(false);
  const model = optionalModels[name];
  return isInPlace(join(folder, model.file), model);
}

async function isInPlace(path: string, { sha256 }: OptionalModel): Promise<boolean> {
  return (await fileDigest(path).catch(() => null)) === sha256;
}

async function addFile(from: string, path: string, { sha256 }: OptionalModel): Promise<void> {
  const copy = `${path}.part`;
  try {
    await copyFile(from, copy).catch((cause: unknown) => {
      throw new ModelError(`${from} cannot be copied to ${copy}.`, { cause });
    });
    await assertExpected(copy, sha256, from);
    await rename(copy, path);
  } finally {
    await rm(copy, { force: true });
  }
}

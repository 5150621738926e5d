import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { projectRoot } from '../src/project-root.js';
import type { ModelSource } from '../src/models/catalogue.js';
import { ModelError } from '../src/models/model-error.js';

const REMEDY = 'Run "npm ci" to install it again.';

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Reads a file of an npm package; none of the package's code is loaded.
 * @param packagesFolder a node_modules folder; default: those that Node would search.
 * @throws ModelError when the file is missing or is not the one the catalogue names.
 */
export async function readSource(source: ModelSource, packagesFolder?: string): Promise<Buffer> {
  const path = join(packageFolder(source.package, packagesFolder), source.file);
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new ModelError(`The model source ${path} cannot be read. ${REMEDY}`, { cause });
  });
  const found = sha256(bytes);
  if (found !== source.sha256)
    throw new ModelError(
      `The model source ${path} is damaged or of another version: its SHA-256 is ${found} instead of ${source.sha256}. ${REMEDY}`,
    );
  return bytes;
}

/** Not `require.resolve`, because a package's `exports` may hide its own package.json and data files. */
function packageFolder(name: string, packagesFolder: string | undefined): string {
  const require = createRequire(join(projectRoot, 'package.json'));
  const candidates = packagesFolder === undefined ? (require.resolve.paths(name) ?? []) : [packagesFolder];
  const folder = candidates.map((candidate) => join(candidate, name)).find(existsSync);
  if (folder === undefined)
    throw new ModelError(
      `The npm package ${name}, a source of the face models, is not installed in ${candidates[0] ?? projectRoot}. ${REMEDY}`,
    );
  return folder;
}

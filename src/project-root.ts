import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findProjectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error(`No package.json above ${import.meta.url}: the installation is incomplete.`);
    folder = parent;
  }
  return folder;
}

/** Absolute path of the folder that holds package.json, the same from source and from dist/. */
export const projectRoot = findProjectRoot();

/** As package.json says it. */
export const programVersion = (
  JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }
).version;

/** Absolute path of a project source as compiled into dist/; worker threads always run compiled code. */
export function compiledFile(source: string): string {
  return join(projectRoot, 'dist', source.replace(/\.ts$/, '.js'));
}

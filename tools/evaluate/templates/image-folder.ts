import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../usage-error.js';

export interface ImageFile {
  /** Path below the folder, with forward slashes. */
  readonly name: string;
  readonly path: string;
  /** Who is shown: the folder the file lies in, or its name before the number. */
  readonly identity: string;
  readonly size: number;
  readonly modifiedMs: number;
}

const PICTURE = /\.(jpe?g|png|webp|avif)$/i;

/**
 * Every picture of a folder, `Name_0001.jpg` or, as LFW is published, `Name/Name_0001.jpg`; by name.
 * @throws UsageError when there is none.
 */
export function listImages(folder: string): ImageFile[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(`--images ${folder} is not a folder.`);
  const images = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => PICTURE.test(name))
    .sort()
    .map((file) => {
      const path = join(folder, file);
      const { size, mtimeMs } = statSync(path);
      const name = file.replaceAll('\\', '/');
      return { name, path, identity: identityOf(name), size, modifiedMs: mtimeMs };
    });
  if (images.length === 0) throw new UsageError(`There is no JPEG, PNG, WebP or AVIF picture in ${folder}.`);
  return images;
}

export function identityOf(name: string): string {
  const parent = dirname(name);
  if (parent !== '.') return parent;
  return basename(name)
    .replace(/\.[^.]+$/, '')
    .replace(/[_-]?\d+$/, '');
}

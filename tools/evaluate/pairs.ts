import type { ImageFile } from './templates/image-folder.js';
import { UsageError } from './usage-error.js';

export interface ImagePair {
  readonly first: ImageFile;
  readonly second: ImageFile;
  readonly same: boolean;
  /** Part of the 10-fold protocol, counted from 0. */
  readonly fold: number;
}

interface NamedPair {
  readonly first: string;
  readonly second: string;
  readonly same: boolean;
}

const FOLDS = 10;

/**
 * Reads LFW's `pairs.txt` or a csv of `first,second,same` with that heading, where same is 1 or 0. A csv has no folds:
 * its genuine and its impostor pairs are dealt out to ten.
 * @param text what the file holds.
 * @throws UsageError with the line that is wrong.
 */
export function readPairs(text: string, images: readonly ImageFile[]): ImagePair[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const find = finder(images);
  const pairs = /^first\s*,\s*second\s*,\s*same$/i.test(lines[0] ?? '') ? readCsv(lines) : readLfw(lines);
  if (pairs.length === 0) throw new UsageError('The list of pairs is empty.');
  return pairs.map(({ line, fold, first, second, same }) => ({
    first: find(first, line),
    second: find(second, line),
    same,
    fold,
  }));
}

type Line = NamedPair & { readonly line: number; readonly fold: number };

function readCsv(lines: readonly string[]): Line[] {
  const dealt = { genuine: 0, impostor: 0 };
  return lines.slice(1).flatMap((text, index) => {
    if (text === '') return [];
    const line = index + 2;
    const [first, second, same, ...more] = text.split(',').map((field) => field.trim());
    if (!first || !second || (same !== '1' && same !== '0') || more.length > 0)
      throw new UsageError(`Line ${line} of the pairs is not "first,second,1" or "first,second,0".`);
    const genuine = same === '1';
    const fold = (genuine ? dealt.genuine++ : dealt.impostor++) % FOLDS;
    return [{ line, fold, first, second, same: genuine }];
  });
}

/** Format: http://vis-www.cs.umass.edu/lfw/README.txt, "pairs.txt". */
function readLfw(lines: readonly string[]): Line[] {
  const [folds, perKind = folds, ...more] = (lines[0] ?? '').split(/\s+/);
  if (!/^\d+$/.test(folds ?? '') || !/^\d+$/.test(perKind ?? '') || more.length > 0)
    throw new UsageError(
      'The pairs begin neither with the heading "first,second,same" nor, as in LFW, with the number of folds and of pairs.',
    );
  const perFold = 2 * Number(perKind);
  return lines.slice(1).flatMap((text, index) => {
    if (text === '') return [];
    const fields = text.split(/\s+/);
    const [name = '', number = '', third = '', fourth] = fields;
    const other = fourth === undefined ? { name, number: third } : { name: third, number: fourth };
    if (fields.length < 3 || fields.length > 4 || !isNumber(number) || !isNumber(other.number))
      throw new UsageError(`Line ${index + 2} of the pairs is not "name n m" or "name n name m".`);
    return [
      {
        line: index + 2,
        fold: Math.floor(index / perFold),
        first: fileName(name, number),
        second: fileName(other.name, other.number),
        same: fourth === undefined,
      },
    ];
  });
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

function fileName(name: string, number: string): string {
  return `${name}_${number.padStart(4, '0')}`;
}

/** By path, by file name, and by file name without its ending. */
function finder(images: readonly ImageFile[]): (name: string, line: number) => ImageFile {
  const byName = new Map<string, ImageFile | null>();
  for (const image of images) {
    const file = image.name.slice(image.name.lastIndexOf('/') + 1);
    for (const name of new Set([image.name, file, file.replace(/\.[^.]+$/, '')]))
      byName.set(name, byName.has(name) ? null : image);
  }
  return (name, line) => {
    const image = byName.get(name);
    if (image) return image;
    const why = image === null ? 'is the name of several pictures' : 'is not in the folder of pictures';
    throw new UsageError(`${name} in line ${line} of the pairs ${why}.`);
  };
}

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { DEFAULT_EMBEDDER } from '../../src/models/catalogue.js';
import { UsageError } from './usage-error.js';

export interface EvaluateOptions {
  readonly images: string;
  readonly pairs: string;
  /** Where the figures are written as JSON. */
  readonly json: string | null;
  /** Folder for the pictures. */
  readonly output: string | null;
  /** Folder for templates, so that a stopped run can go on. */
  readonly cache: string | null;
  readonly workers: number;
  /** Name of an embedder, or path of a description. */
  readonly embedder: string;
}

export const usage = `Usage: npm run evaluate -- --images <folder> --pairs <file> [options]
  --images <folder>   pictures called Name_0001.jpg, or one folder for each person as in LFW
  --pairs <file>      csv of first,second,same or LFW's pairs.txt
  --json <file>       write the figures
  --output <folder>   write det.svg and scores.svg
  --cache <folder>    keep templates there, so that a stopped run goes on; outside the project
  --embedder <name>   as FACE_EMBEDDER takes it; default: ${DEFAULT_EMBEDDER}
  --workers <n>       threads; default: one for each core`;

/** @throws UsageError */
export function readOptions(args: readonly string[]): EvaluateOptions {
  const values = parse(args);
  const { images, pairs, json = null, output = null, cache = null, embedder = DEFAULT_EMBEDDER } = values;
  if (images === undefined || pairs === undefined)
    throw new UsageError(`--images and --pairs are needed.\n${usage}`);
  const workers = Number(values.workers ?? availableParallelism());
  if (!Number.isInteger(workers) || workers < 1 || workers > 64)
    throw new UsageError('--workers must be a whole number from 1 to 64.');
  return { images, pairs, json, output, cache, workers, embedder };
}

function parse(args: readonly string[]) {
  try {
    const text = { type: 'string' } as const;
    return parseArgs({
      args: [...args],
      options: {
        images: text,
        pairs: text,
        json: text,
        output: text,
        cache: text,
        workers: text,
        embedder: text,
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}

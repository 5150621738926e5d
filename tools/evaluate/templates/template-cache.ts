import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { z } from 'zod';
import { projectRoot } from '../../../src/project-root.js';
import type { Extraction } from './extraction-worker.js';
import type { ImageFile } from './image-folder.js';
import { UsageError } from '../usage-error.js';

const entrySchema = z.object({
  key: z.string(),
  template: z.string().optional(),
  failure: z.string().optional(),
});

/**
 * Remembers what was extracted, so that a run that was stopped goes on where it was. A line is appended for each
 * picture; one cut off by a crash is ignored. Templates are biometric data: the folder is the caller's to protect.
 */
export class TemplateCache {
  readonly #file: string;
  readonly #known = new Map<string, Extraction>();

  /**
   * @param folder made when missing; outside the project, so that no template is ever committed.
   * @param version of everything that decides what a template looks like.
   */
  constructor(folder: string, version: string) {
    if (!relative(projectRoot, resolve(folder)).startsWith('..'))
      throw new UsageError(
        '--cache must be a folder outside the project: templates must not get into a repository.',
      );
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#file = join(folder, `templates-${version}.jsonl`);
    if (!existsSync(this.#file)) return;
    for (const line of readFileSync(this.#file, 'utf8').split('\n')) this.#remember(line);
    // Whatever a crash cut off must not swallow the next line.
    appendFileSync(this.#file, '\n');
  }

  /** Pictures known, whether or not the folder still has them. */
  get size(): number {
    return this.#known.size;
  }

  get(image: ImageFile): Extraction | undefined {
    return this.#known.get(keyOf(image));
  }

  add(image: ImageFile, extraction: Extraction): void {
    const key = keyOf(image);
    this.#known.set(key, extraction);
    const entry =
      'failure' in extraction ? { key, ...extraction } : { key, template: toBase64(extraction.template) };
    appendFileSync(this.#file, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  }

  #remember(line: string): void {
    const entry = parse(line);
    if (entry?.failure !== undefined) this.#known.set(entry.key, { failure: entry.failure });
    else if (entry?.template !== undefined)
      this.#known.set(entry.key, { template: fromBase64(entry.template) });
  }
}

/** A picture that was replaced has another size or time. */
function keyOf({ path, size, modifiedMs }: ImageFile): string {
  return `${resolve(path)} ${size} ${modifiedMs}`;
}

function parse(line: string): z.infer<typeof entrySchema> | null {
  try {
    return entrySchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

function toBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
}

function fromBase64(text: string): Float32Array {
  return new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer);
}

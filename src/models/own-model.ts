import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import type { ChosenEmbedder } from './chosen-model.js';
import { ModelError } from './model-error.js';

const cosine = z.number().min(-1).max(1);

/** What a `.json` file says of an embedder that the catalogue does not know; docs/models.md explains each field. */
export const ownModelSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,47}$/, 'must be 1 to 48 small letters, digits and hyphens'),
  file: z.string().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 small hexadecimal digits'),
  licence: z.string().min(1),
  colours: z.enum(['RGB', 'BGR']).default('RGB'),
  mean: z.tuple([z.number(), z.number(), z.number()]).default([127.5, 127.5, 127.5]),
  divisor: z.number().positive().default(127.5),
  dimension: z.number().int().min(8).max(4096),
  thresholds: z.object({ '1e-2': cosine, '1e-3': cosine, '1e-4': cosine, '1e-5': cosine }).optional(),
  thresholdsFrom: z.string().default('Its description has no thresholds.'),
});

/**
 * Reads the description of an embedder with the five-point template of ArcFace.
 * @throws ModelError naming the file and what is wrong with it.
 */
export async function readOwnModel(path: string): Promise<ChosenEmbedder> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ModelError(`The description ${path} of a model cannot be read. Check FACE_EMBEDDER.`, {
      cause,
    });
  });
  const { name, licence, file, colours, mean, divisor, thresholds, ...rest } = parse(path, text);
  const model = {
    ...rest,
    role: 'embedder',
    file,
    licence: { spdx: licence, origin: path },
    input: { shape: [1, 3, 112, 112], colours, mean, divisor },
    outputs: [],
    chip: { shape: 'arcface-5', size: 112 },
    thresholds: thresholds ?? null,
  } as const;
  // Another file or another input under the same name makes other templates.
  const meaning = createHash('sha256')
    .update(JSON.stringify([model.sha256, model.input]))
    .digest('hex');
  return { modelId: `${name}@${meaning.slice(0, 12)}`, model, path: resolve(dirname(path), file) };
}

function parse(path: string, text: string): z.infer<typeof ownModelSchema> {
  try {
    return ownModelSchema.parse(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : 'It is not JSON.';
    throw new ModelError(`The description ${path} of a model cannot be used:\n${reason}`, { cause });
  }
}

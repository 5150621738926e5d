import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically } from '../atomic-file.js';
import { PRIVATE_FILE_MODE } from '../storage/private-file.js';

const FILE_NAME = 'manifest.json';

const manifestSchema = z.object({
  version: z.literal(1),
  createdAt: z.iso.datetime(),
  /** Image files that were copied. */
  images: z.number().int().min(0),
  /** Which keys are needed to read it, and how many users each protects; never a key. */
  masterKeys: z.array(z.object({ id: z.string(), users: z.number().int().min(0) })),
  /** Newest entry of the audit log, to see what came after. */
  auditHead: z.object({ seq: z.number().int().min(0), hash: z.string() }),
});

/** What a backup holds. Written last: a folder without it is no finished backup. */
export type Manifest = z.infer<typeof manifestSchema>;

export function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  return writeAtomically(
    join(folder, FILE_NAME),
    `${JSON.stringify(manifest, null, 2)}\n`,
    PRIVATE_FILE_MODE,
  );
}

/** @throws Error when the folder holds no finished backup of this program. */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(join(folder, FILE_NAME), 'utf8').catch((cause: unknown) => {
    throw new Error(`${folder} is no finished backup: it has no readable ${FILE_NAME}.`, { cause });
  });
  const manifest = manifestSchema.safeParse(parse(text));
  if (!manifest.success) throw new Error(`${join(folder, FILE_NAME)} is not one that this version can read.`);
  return manifest.data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

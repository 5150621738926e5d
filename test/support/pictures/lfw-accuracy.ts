import type { FacePipeline } from '../../../src/faces/face-pipeline.js';
import type { ExtractedFace } from '../../../src/faces/face-service.js';
import { cosine } from '../models/cosine.js';
import type { lfwDev } from './lfw-dev.js';

export interface LfwAccuracy {
  readonly pictures: number;
  /** Pictures in which no face was found or whose face was refused. */
  readonly missed: readonly string[];
  readonly genuine: { readonly pairs: number; readonly accepted: number };
  readonly impostor: { readonly pairs: number; readonly accepted: number };
}

type LfwPictures = NonNullable<typeof lfwDev>;

/** The template of every picture, of the face nearest to its middle; absent where it was refused. */
export async function extractLfw(
  pictures: LfwPictures,
  pipeline: FacePipeline,
): Promise<Map<string, ExtractedFace>> {
  const faces = new Map<string, ExtractedFace>();
  for (const name of pictures.names()) {
    const face = await pipeline.extract(pictures.picture(name), 'centre').catch(() => null);
    if (face !== null) faces.set(name, face);
  }
  return faces;
}

/** Counts decisions over the pairs; pairs with a missed picture count as not accepted. */
export function measureLfw(
  pictures: LfwPictures,
  faces: ReadonlyMap<string, ExtractedFace>,
  threshold: number,
): LfwAccuracy {
  const genuine = { pairs: 0, accepted: 0 };
  const impostor = { pairs: 0, accepted: 0 };
  for (const { first, second, same } of pictures.pairs()) {
    const one = faces.get(first);
    const two = faces.get(second);
    const count = same ? genuine : impostor;
    count.pairs += 1;
    if (one && two && cosine(one.template, two.template) >= threshold) count.accepted += 1;
  }
  const names = pictures.names();
  return { pictures: names.length, missed: names.filter((name) => !faces.has(name)), genuine, impostor };
}

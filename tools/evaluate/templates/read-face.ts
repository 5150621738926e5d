import { readFile } from 'node:fs/promises';
import type { FacePipeline } from '../../../src/faces/face-pipeline.js';
import type { ExtractedFace } from '../../../src/faces/face-service.js';
import { Picture } from '../../../src/faces/picture/picture.js';
import { Pyramid } from '../../../src/faces/picture/pyramid.js';

/** The face nearest to the middle of a picture, and the picture itself for further crops. */
export async function readFace(
  pipeline: FacePipeline,
  path: string,
): Promise<{ face: ExtractedFace; picture: Pyramid }> {
  const bytes = await readFile(path);
  const face = await pipeline.extract(bytes, 'centre');
  const { bitmap } = await Picture.fromBuffer(bytes);
  return { face, picture: new Pyramid(bitmap) };
}

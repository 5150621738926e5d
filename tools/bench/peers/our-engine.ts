import { createFacePipeline } from '../../../src/faces/face-pipeline.js';
import { nearestFace } from '../../../src/faces/find/face-selection.js';
import { Picture } from '../../../src/faces/picture/picture.js';
import { cosine } from '../../../test/support/models/cosine.js';
import type { Engine, RgbPicture } from './peer-engines.js';

/** The pipeline of the service, one inference thread. */
export async function loadOurs(): Promise<Engine> {
  const pipeline = await createFacePipeline({ maxPixels: 50_000_000 });
  return {
    name: 'this service, one thread',
    compare: (first, second) => cosine(Float32Array.from(first), Float32Array.from(second)),
    prepare: (decoded) => {
      const picture = withAlpha(decoded);
      const { width, height } = picture;
      return {
        embed: async () => {
          const face = nearestFace(await pipeline.detect(picture), { x: width / 2, y: height / 2 });
          return face === undefined ? null : (await pipeline.templateOf(picture, face)).template;
        },
        free: () => undefined,
      };
    },
  };
}

function withAlpha({ data, width, height }: RgbPicture): Picture {
  const rgba = Buffer.alloc(width * height * 4, 255);
  for (let pixel = 0; pixel < width * height; pixel++) {
    rgba[pixel * 4] = data[pixel * 3] ?? 0;
    rgba[pixel * 4 + 1] = data[pixel * 3 + 1] ?? 0;
    rgba[pixel * 4 + 2] = data[pixel * 3 + 2] ?? 0;
  }
  return new Picture({ data: rgba, width, height });
}

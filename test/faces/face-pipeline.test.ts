import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { fusedEmbedders } from '../../src/models/fused-embedders.js';
import type { ErrorCode } from '../../src/errors.js';
import { createFacePipeline, type FacePipeline } from '../../src/faces/face-pipeline.js';
import { comparisonProblem } from '../../src/faces/face-quality.js';
import type { ExtractedFace } from '../../src/faces/face-service.js';
import { Picture } from '../../src/faces/picture/picture.js';
import { cosine } from '../support/models/cosine.js';
import {
  sampleFace,
  sampleFaces,
  samplePhoto,
  sampleVariants,
  strangers,
  type SampleFace,
} from '../support/pictures/sample-faces.js';
import { faceAlone, faceInScene, facesInARow, turnedFace } from '../support/pictures/scenes.js';

const threshold = fusedEmbedders['dlib-faceres-v2'].thresholds['1e-3'];
const plain = new Map<SampleFace, ExtractedFace>();
let pipeline: FacePipeline;

beforeAll(async () => {
  pipeline = await createFacePipeline({ maxPixels: 50_000_000 });
  for (const name of sampleFaces) plain.set(name, await pipeline.extract(await sampleFace(name)));
});

function known(name: SampleFace): ExtractedFace {
  const face = plain.get(name);
  if (face === undefined) throw new Error(`${name} was not extracted.`);
  return face;
}

async function refusal(bytes: Uint8Array): Promise<ErrorCode | 'accepted'> {
  try {
    return comparisonProblem(await pipeline.extract(bytes)) ?? 'accepted';
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error.code as ErrorCode;
    throw error;
  }
}

const solid = (width: number, height: number, background: string) =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();

describe('one face', () => {
  it.each(sampleFaces)('%s gives a unit template with its circumstances', (name) => {
    const face = known(name);
    expect(face.modelId).toBe('dlib-faceres-v2');
    expect(face.mediaType).toBe('image/jpeg');
    expect(face.template).toHaveLength(128);
    expect(Math.hypot(...face.template)).toBeCloseTo(1, 5);
    expect(face.detectionScore).toBeGreaterThan(0.7);
    expect(face.faceFlag).toBeGreaterThan(0.9);
    expect(face.sharpness).toBeGreaterThan(0.02);
    expect(face.landmarks).toHaveLength(936);
    const [x = NaN, y = NaN] = [face.landmarks[2], face.landmarks[3]];
    expect(x).toBeGreaterThan(face.box.x);
    expect(x).toBeLessThan(face.box.x + face.box.width);
    expect(y).toBeGreaterThan(face.box.y);
    expect(y).toBeLessThan(face.box.y + face.box.height);
  });

  it.each(sampleVariants)('is the same person when the picture is altered: %s', async (variant) => {
    for (const name of sampleFaces) {
      const altered = await pipeline.extract(await sampleFace(name, variant));
      expect(cosine(altered.template, known(name).template), name).toBeGreaterThan(0.98);
    }
  });

  it('of one stranger is not taken for another', () => {
    const pairs = strangers.flatMap((one, at) => strangers.slice(at + 1).map((two) => [one, two] as const));
    for (const [one, two] of pairs) {
      const similarity = cosine(known(one).template, known(two).template);
      expect(similarity, `${one} and ${two}`).toBeLessThan(threshold - 0.005);
    }
  });

  it('gives the same template every time, also when pictures come at once', async () => {
    const names = sampleFaces.slice(0, 6);
    const together = await Promise.all(names.map(async (name) => pipeline.extract(await sampleFace(name))));
    together.forEach((face, at) => {
      expect([...face.template]).toEqual([...known(names[at] ?? 'sample1-left').template]);
    });
  });

  it('has its box and landmarks in pixels of the original, however large that is', async () => {
    const name = 'sample6-left';
    const { box, landmarks, template } = known(name);
    const large = await sharp(await sampleFace(name))
      .resize(2640)
      .jpeg({ quality: 92 })
      .toBuffer();
    const face = await pipeline.extract(large);
    expect(cosine(face.template, template)).toBeGreaterThan(0.99);
    expect(face.box.x / 6).toBeCloseTo(box.x, -1);
    expect(face.box.y / 6).toBeCloseTo(box.y, -1);
    expect(face.box.width / 6).toBeCloseTo(box.width, -1.3);
    expect((face.landmarks[2] ?? NaN) / 6).toBeCloseTo(landmarks[2] ?? NaN, -0.7);
    expect((face.landmarks[3] ?? NaN) / 6).toBeCloseTo(landmarks[3] ?? NaN, -0.7);
  });

  it('turned by EXIF gives the template of the upright one', async () => {
    const name = 'sample6-second';
    const lying = await sharp(await sampleFace(name, 'png'))
      .rotate(270)
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 92 })
      .toBuffer();
    const face = await pipeline.extract(lying);
    expect(cosine(face.template, known(name).template)).toBeGreaterThan(0.99);
  });
});

describe('the six group photos', () => {
  // Middles of the faces, read off the photos by eye.
  const people: Readonly<Record<number, readonly (readonly [number, number])[]>> = {
    1: [
      [510, 490],
      [930, 550],
      [1580, 340],
    ],
    2: [
      [420, 300],
      [990, 360],
      [1540, 280],
    ],
    3: [
      [675, 470],
      [1180, 380],
      [1600, 440],
    ],
    4: [
      [345, 310],
      [755, 190],
      [1080, 310],
      [1345, 270],
    ],
    5: [
      [860, 220],
      [690, 550],
      [1190, 330],
      [1490, 540],
      [465, 1010],
    ],
    6: [
      [370, 620],
      [750, 470],
      [1265, 450],
      [1590, 410],
    ],
  };

  it.each(Object.keys(people).map(Number))(
    'photo %i: every face once, and none refused as the only one',
    async (photo) => {
      const bytes = readFileSync(samplePhoto(photo));
      const faces = await pipeline.detect((await Picture.fromBuffer(bytes)) as Picture);
      const expected = people[photo] ?? [];
      expect(faces).toHaveLength(expected.length);
      for (const [x, y] of expected) {
        const near = faces.filter(({ middle }) => Math.hypot(middle.x - x, middle.y - y) < 75);
        expect(near, `face at ${x}, ${y}`).toHaveLength(1);
      }
      expect(await refusal(bytes)).toBe('SEVERAL_FACES');
    },
  );
});

describe('faces of every size', () => {
  const names = ['sample3-middle', 'sample5-right', 'sample6-left', 'sample6-right'] as const;

  it.each([
    [640, 480],
    [1920, 1080],
    [3000, 2000],
  ])('a face of 40 pixels is found in a picture of %i × %i', async (width, height) => {
    for (const name of names) {
      const scene = await faceInScene(name, known(name).box, 40, width, height);
      const face = await pipeline.extract(scene);
      expect(face.box.x, name).toBeGreaterThan(width * 0.68);
      expect(face.box.y, name).toBeGreaterThan(height * 0.28);
      expect(face.box.width, name).toBeGreaterThan(26);
      expect(face.box.width, name).toBeLessThan(60);
      expect(cosine(face.template, known(name).template), name).toBeGreaterThan(threshold);
    }
  });

  it.each(sampleFaces)('%s is found when the face fills the whole picture', async (name) => {
    const face = await pipeline.extract(await faceAlone(name, known(name).box));
    expect(cosine(face.template, known(name).template)).toBeGreaterThan(0.95);
  });

  it.each([-90, -45, 45, 90, 135])(
    'faces turned by %i degrees give the template of the upright one',
    async (degrees) => {
      for (const name of names) {
        const face = await pipeline.extract(await turnedFace(name, degrees));
        expect(cosine(face.template, known(name).template), name).toBeGreaterThan(0.95);
      }
    },
  );
});

describe('pictures refused', () => {
  it('two faces of similar size', async () => {
    expect(
      await refusal(
        await facesInARow([
          ['sample3-left', 1],
          ['sample6-left', 0.8],
        ]),
      ),
    ).toBe('SEVERAL_FACES');
  });

  it('but not a face with a much smaller one behind it', async () => {
    const bytes = await facesInARow([
      ['sample3-left', 1],
      ['sample6-left', 0.3],
    ]);
    const { template } = await pipeline.extract(bytes);
    expect(cosine(template, known('sample3-left').template)).toBeGreaterThan(0.98);
    const other = await pipeline.extract(bytes, 'centre');
    expect(cosine(other.template, known('sample3-left').template)).toBeGreaterThan(0.98);
  });

  it('a face too small', async () => {
    expect(await refusal(await faceInScene('sample6-left', known('sample6-left').box, 18, 320, 240))).toBe(
      'FACE_TOO_SMALL',
    );
  });

  const blurredNames = ['sample3-left', 'sample6-left', 'sample6-third'] as const;

  it.each(blurredNames)('a face out of focus: %s', async (name) => {
    const radius = known(name).box.width * 0.04;
    const blurred = await sharp(await sampleFace(name))
      .blur(radius)
      .png()
      .toBuffer();
    expect(await refusal(blurred)).toBe('FACE_TOO_BLURRED');
  });

  it.each(blurredNames)('a face blurred by motion: %s', async (name) => {
    const length = Math.round(known(name).box.width * 0.18) | 1;
    const kernel = Array.from({ length: length ** 2 }, (_, at) =>
      Math.floor(at / length) === length >> 1 ? 1 : 0,
    );
    const moved = sharp(await sampleFace(name)).convolve({ width: length, height: length, kernel });
    expect(await refusal(await moved.png().toBuffer())).toBe('FACE_TOO_BLURRED');
  });

  const faceless: readonly [string, () => Promise<Buffer>][] = [
    ['all black', () => solid(640, 480, '#000')],
    ['all white', () => solid(640, 480, '#fff')],
    ['one pixel', () => solid(1, 1, '#888')],
    ['one row', () => solid(12_000, 1, '#888')],
    ['one column', () => solid(1, 12_000, '#888')],
    [
      'noise',
      () =>
        sharp({
          create: {
            width: 1920,
            height: 1080,
            channels: 3,
            background: '#888',
            noise: { type: 'gaussian', mean: 128, sigma: 60 },
          },
        })
          .jpeg()
          .toBuffer(),
    ],
    [
      'a part of a photo with dresses only',
      () =>
        sharp(samplePhoto(6)).extract({ left: 150, top: 900, width: 1500, height: 600 }).jpeg().toBuffer(),
    ],
    ['50 megapixels of nothing', () => solid(8160, 6120, '#567')],
  ];
  it.each(faceless)('%s: no face', async (_what, make) => {
    expect(await refusal(await make())).toBe('NO_FACE');
  });

  it('a picture above the pixel limit', async () => {
    expect(await refusal(await solid(8000, 6300, '#567'))).toBe('IMAGE_TOO_LARGE');
  });
});

import sharp from 'sharp';
import { beforeAll, expect, it } from 'vitest';
import { createFacePipeline, type FacePipeline } from '../../src/faces/face-pipeline.js';
import type { ExtractedFace } from '../../src/faces/face-service.js';
import { cosine } from '../support/models/cosine.js';
import { sampleFace } from '../support/pictures/sample-faces.js';

let pipeline: FacePipeline;
/** A face in the middle of a wall of noise, so that the end of the file shows nothing that matters. */
let picture: Buffer;

beforeAll(async () => {
  pipeline = await createFacePipeline({ maxPixels: 50_000_000 });
  const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
  const wall = await sharp({ create: { width: 820, height: 900, channels: 3, background: '#777', noise } })
    .png()
    .toBuffer();
  picture = await sharp(wall)
    .composite([{ input: await sampleFace('sample3-left'), left: 200, top: 200 }])
    .png()
    .toBuffer();
});

interface Encoding {
  readonly orientation?: number;
  readonly progressive?: boolean;
}

/** As a camera would write it that was held so; the upright picture is the same. */
async function jpeg({ orientation = 1, progressive = false }: Encoding = {}): Promise<Buffer> {
  const turned = { 1: 0, 3: 180, 6: 270, 8: 90 }[orientation] ?? 0;
  return sharp(await sharp(picture).rotate(turned).toBuffer())
    .withMetadata({ orientation })
    .jpeg({ quality: 90, progressive })
    .toBuffer();
}

const firstPart = (bytes: Buffer, part: number) => bytes.subarray(0, Math.floor(bytes.length * part));
const withoutEnd = (bytes: Buffer) => bytes.subarray(0, -2);

async function likeness(one: Promise<ExtractedFace>, other: Promise<ExtractedFace>): Promise<number> {
  return cosine((await one).template, (await other).template);
}

it.each([
  ['sequential', false],
  ['progressive', true],
])('a %s JPEG that lacks its end marker alone gives the template of the whole', async (_, progressive) => {
  const whole = await jpeg({ progressive });
  expect(await likeness(pipeline.extract(withoutEnd(whole)), pipeline.extract(whole))).toBeGreaterThan(
    0.9999,
  );
});

const orientations = [1, 3, 6, 8];

it.each(orientations)(
  'is used when the face has arrived, whichever way the camera was held (%d)',
  async (orientation) => {
    const whole = await jpeg({ orientation });
    const extracted = pipeline.extract(firstPart(whole, 0.97));
    expect(await likeness(extracted, pipeline.extract(whole))).toBeGreaterThan(0.99);
  },
);

it.each(orientations)('is refused as incomplete when half of the face has not (%d)', async (orientation) => {
  await expect(pipeline.extract(firstPart(await jpeg({ orientation }), 0.4))).rejects.toMatchObject({
    code: 'IMAGE_UNREADABLE',
    message: /incomplete/,
  });
});

it.each([
  ['nothing of the face has arrived', {}, 0.02],
  ['every part of a progressive picture has arrived in part', { progressive: true }, 0.9],
])('is refused as incomplete when %s', async (_, encoding, part) => {
  await expect(pipeline.extract(firstPart(await jpeg(encoding), part))).rejects.toMatchObject({
    code: 'IMAGE_UNREADABLE',
    message: /incomplete/,
  });
});

it('is judged alike with zeros behind it', async () => {
  const whole = await jpeg();
  const padded = (part: number) => Buffer.concat([firstPart(whole, part), Buffer.alloc(8192)]);
  expect(await likeness(pipeline.extract(padded(0.9)), pipeline.extract(whole))).toBeGreaterThan(0.99);
  await expect(pipeline.extract(padded(0.4))).rejects.toMatchObject({ message: /incomplete/ });
});

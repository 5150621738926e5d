import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/errors.js';
import type { ImageMediaType } from '../../src/faces/picture/media-type.js';
import { decodeRegion, decodeShrunk, inspectImage } from '../../src/faces/picture/image-source.js';
import { Picture } from '../../src/faces/picture/picture.js';
import { craftedPng, inflateBomb } from '../support/pictures/crafted-png.js';
import { sampleFace } from '../support/pictures/sample-faces.js';

const MAX_PIXELS = 50_000_000;
const WIDTH = 48;
const HEIGHT = 32;

type Colour = readonly [number, number, number];
const corners: readonly Colour[] = [
  [250, 0, 0],
  [0, 250, 0],
  [0, 0, 250],
  [250, 250, 0],
];

const pixels = Buffer.from(
  Array.from({ length: WIDTH * HEIGHT }, (_, index) => {
    const right = index % WIDTH >= WIDTH / 2 ? 1 : 0;
    const lower = index >= (WIDTH * HEIGHT) / 2 ? 2 : 0;
    return corners[right + lower] ?? [0, 0, 0];
  }).flat(),
);

const colourful = () => sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });

/** Colours near the left upper, right upper, left lower and right lower corner. */
function cornersOf({ bitmap: { data, width, height } }: Picture): number[][] {
  const at = (x: number, y: number) => [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3)];
  return [at(4, 4), at(width - 5, 4), at(4, height - 5), at(width - 5, height - 5)];
}

async function decode(bytes: Uint8Array): Promise<Picture> {
  const { picture } = await decodeShrunk(await inspectImage(bytes, MAX_PIXELS), 1024);
  return picture;
}

function expectNear(actual: number[][], expected: readonly (readonly number[])[], tolerance: number): void {
  expect(actual.map((colour) => colour.length)).toEqual(expected.map((colour) => colour.length));
  actual.flat().forEach((value, index) => {
    expect(Math.abs(value - (expected.flat()[index] ?? NaN))).toBeLessThanOrEqual(tolerance);
  });
}

async function refusal(work: Promise<unknown>): Promise<unknown> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof Error && 'code' in error ? error.code : error;
}

const encoders: Readonly<Record<ImageMediaType, (image: Sharp) => Sharp>> = {
  'image/jpeg': (image) => image.jpeg({ quality: 100, chromaSubsampling: '4:4:4' }),
  'image/png': (image) => image.png(),
  'image/webp': (image) => image.webp({ lossless: true }),
  'image/avif': (image) => image.avif({ lossless: true }),
};
const mediaTypes = Object.keys(encoders) as ImageMediaType[];

// Which stored corner is seen at the left upper, right upper, left lower and right lower, for EXIF orientation 1 to 8
// (CIPA DC-008, 4.6.4 Orientation).
const seenCorners: Readonly<Record<number, readonly [number, number, number, number]>> = {
  1: [0, 1, 2, 3],
  2: [1, 0, 3, 2],
  3: [3, 2, 1, 0],
  4: [2, 3, 0, 1],
  5: [0, 2, 1, 3],
  6: [2, 0, 3, 1],
  7: [3, 1, 2, 0],
  8: [1, 3, 0, 2],
};

describe('a picture is decoded upright', () => {
  const cases = mediaTypes.flatMap((mediaType) =>
    Object.keys(seenCorners).map((key) => ({ mediaType, orientation: Number(key) })),
  );
  it.each(cases)('$mediaType, orientation $orientation', async ({ mediaType, orientation }) => {
    const bytes = await encoders[mediaType](colourful().withMetadata({ orientation })).toBuffer();
    const source = await inspectImage(bytes, MAX_PIXELS);
    const size = orientation > 4 ? { width: HEIGHT, height: WIDTH } : { width: WIDTH, height: HEIGHT };
    const seen = seenCorners[orientation]?.map((corner) => corners[corner] ?? []) ?? [];

    expect(source).toMatchObject({ mediaType, ...size });
    const { picture } = await decodeShrunk(source, 1024);
    expect(picture).toMatchObject(size);
    expectNear(cornersOf(picture), seen, 6);

    const throughJimp = await Picture.fromBuffer(bytes);
    expect(throughJimp).toMatchObject(size);
    expectNear(cornersOf(throughJimp as Picture), seen, 6);
  });
});

describe('kinds of pictures', () => {
  const still: readonly [string, () => Promise<Buffer>][] = [
    ['16-bit PNG', () => colourful().toColourspace('rgb16').png().toBuffer()],
    ['interlaced PNG', () => colourful().png({ progressive: true }).toBuffer()],
    ['palette PNG', () => colourful().png({ palette: true }).toBuffer()],
    ['progressive JPEG', () => colourful().jpeg({ progressive: true, quality: 100 }).toBuffer()],
    ['lossy WebP', () => colourful().webp({ quality: 95 }).toBuffer()],
    [
      'JPEG with bytes after its end',
      async () => Buffer.concat([await colourful().jpeg({ quality: 100 }).toBuffer(), Buffer.alloc(4096, 7)]),
    ],
  ];
  it.each(still)('%s', async (_kind, make) => {
    expectNear(cornersOf(await decode(await make())), corners, 12);
  });

  it('CMYK JPEG keeps its colours roughly', async () => {
    const bytes = await colourful().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    const [red = [], , blue = []] = cornersOf(await decode(bytes));
    expect(red.indexOf(Math.max(...red))).toBe(0);
    expect(blue.indexOf(Math.max(...blue))).toBe(2);
  });

  it.each(['b-w', 'grey16'] as const)('greyscale (%s) has three equal channels', async (space) => {
    for (const colour of cornersOf(await decode(await colourful().toColourspace(space).png().toBuffer()))) {
      expect(new Set(colour).size).toBe(1);
    }
  });

  it.each(['png', 'webp', 'avif'] as const)('transparent %s lies on mid-grey', async (format) => {
    const bytes = await colourful().ensureAlpha(0).toFormat(format).toBuffer();
    expectNear(
      cornersOf(await decode(bytes)),
      Array.from({ length: 4 }, () => [128, 128, 128]),
      2,
    );
  });

  it('of an animation the first frame is taken', async () => {
    const frames = [await colourful().png().toBuffer(), await colourful().negate().png().toBuffer()];
    const animation = await sharp(frames, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer();
    expect((await sharp(animation).metadata()).pages).toBe(2);
    const picture = await decode(animation);
    expect(picture).toMatchObject({ width: WIDTH, height: HEIGHT });
    expectNear(cornersOf(picture), corners, 0);
  });

  it('a large picture is shrunk, a small one never enlarged', async () => {
    const large = await sharp({ create: { width: 3000, height: 1500, channels: 3, background: '#888' } })
      .jpeg()
      .toBuffer();
    const source = await inspectImage(large, MAX_PIXELS);
    const { picture, scale } = await decodeShrunk(source, 1024);
    expect(picture).toMatchObject({ width: 1024, height: 512 });
    expect(scale).toBeCloseTo(1024 / 3000, 6);
    expect((await decodeShrunk(source, 5000)).picture).toMatchObject({ width: 3000, height: 1500 });
  });

  it('a region is cut out of the upright picture at its own scale', async () => {
    const bytes = await encoders['image/png'](colourful().withMetadata({ orientation: 6 })).toBuffer();
    const source = await inspectImage(bytes, MAX_PIXELS);
    const { picture, x, y } = await decodeRegion(source, { x: 16, y: 24, width: 100, height: 100 }, 0.5);
    expect({ x, y }).toEqual({ x: 16, y: 24 });
    expect(picture).toMatchObject({ width: 8, height: 12 });
    expectNear(cornersOf(picture).slice(3), [[0, 250, 0]], 3);
  });
});

describe('Jimp with codecs of libvips', () => {
  it.each(mediaTypes)('encodes and decodes %s', async (mediaType) => {
    const picture = await decode(await colourful().png().toBuffer());
    const encoded = await picture.getBuffer(mediaType);
    expect((await inspectImage(encoded, MAX_PIXELS)).mediaType).toBe(mediaType);
    expectNear(cornersOf((await Picture.fromBuffer(encoded)) as Picture), corners, 20);
  });

  it('takes a pixel limit for decoding', async () => {
    const bytes = await colourful().png().toBuffer();
    const decoding = Picture.fromBuffer(bytes, { 'image/png': { maxPixels: 100 } });
    expect(await refusal(decoding)).toBe('IMAGE_UNREADABLE');
  });
});

describe('what is no acceptable picture', () => {
  const half = (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1);
  const flipped = (bytes: Buffer, at: number) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(at) ^ 0xff, at);
    return copy;
  };
  const jpegClaiming = async (width: number, height: number) => {
    const bytes = await colourful().jpeg().toBuffer();
    const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    bytes.writeUInt16BE(height, frame + 5);
    bytes.writeUInt16BE(width, frame + 7);
    return bytes;
  };
  const face = (variant: 'plain' | 'png' | 'webp') => sampleFace('sample1-left', variant);
  const avif = async () =>
    sharp(await face('plain'))
      .avif()
      .toBuffer();

  it.each(['heic', 'heix', 'mif1'])('names HEIC and says what to send, by the brand %s', async (major) => {
    const box = Buffer.from(`\0\0\0\x18ftyp${major}\0\0\0\0mif1heic`, 'latin1');
    const refusal = inspectImage(Buffer.concat([box, Buffer.alloc(64)]), 1_000_000);
    await expect(refusal).rejects.toMatchObject({ code: 'IMAGE_UNSUPPORTED', message: /HEIC.*JPEG/ });
  });

  const refused: readonly [string, ErrorCode, () => Buffer | Promise<Buffer>][] = [
    ['nothing', 'IMAGE_UNSUPPORTED', () => Buffer.alloc(0)],
    ['text', 'IMAGE_UNSUPPORTED', () => Buffer.from('hello')],
    ['GIF', 'IMAGE_UNSUPPORTED', () => colourful().gif().toBuffer()],
    ['TIFF', 'IMAGE_UNSUPPORTED', () => colourful().tiff().toBuffer()],
    [
      'SVG',
      'IMAGE_UNSUPPORTED',
      () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    ],
    ['a signature alone', 'IMAGE_UNREADABLE', () => Buffer.from([0xff, 0xd8, 0xff])],
    ['half a PNG', 'IMAGE_UNREADABLE', async () => half(await face('png'))],
    ['half a WebP', 'IMAGE_UNREADABLE', async () => half(await face('webp'))],
    ['half an AVIF', 'IMAGE_UNREADABLE', async () => half(await avif())],
    ['PNG with a wrong byte', 'IMAGE_UNREADABLE', async () => flipped(await face('png'), 5000)],
    [
      'PNG of 30 000 × 30 000',
      'IMAGE_TOO_LARGE',
      () => craftedPng({ width: 30_000, height: 30_000, rows: 1 }),
    ],
    [
      'PNG with sides of 2^31 - 1',
      'IMAGE_UNREADABLE',
      () => craftedPng({ width: 2 ** 31 - 1, height: 2 ** 31 - 1, rows: 0 }),
    ],
    ['JPEG claiming 65 535 × 65 535', 'IMAGE_TOO_LARGE', () => jpegClaiming(65_535, 65_535)],
    ['JPEG claiming 60 000 × 60 000', 'IMAGE_TOO_LARGE', () => jpegClaiming(60_000, 60_000)],
    [
      'AVIF of 6000 × 4100, which would be decoded in one piece',
      'IMAGE_TOO_LARGE',
      () =>
        sharp({ create: { width: 6000, height: 4100, channels: 3, background: '#888' } })
          .avif({ effort: 0 })
          .toBuffer(),
    ],
    [
      'WebP of 16383 × 4000',
      'IMAGE_TOO_LARGE',
      () =>
        sharp({ create: { width: 16_383, height: 4000, channels: 3, background: '#888' } })
          .webp({ effort: 0 })
          .toBuffer(),
    ],
  ];
  it.each(refused)('%s is %s', async (_what, code, make) => {
    expect(await refusal(decode(await make()))).toBe(code);
  });

  it('a small PNG of 36 megapixels is decoded without holding all of them', async () => {
    const bytes = craftedPng({ width: 6000, height: 6000, rows: 6000 });
    expect(bytes.length).toBeLessThan(10_000);
    expect(await decode(bytes)).toMatchObject({ width: 1024, height: 1024 });
  });

  it.each(['zTXt', 'iCCP'] as const)('a %s chunk that inflates to 100 MB is not kept', async (type) => {
    const bytes = craftedPng({
      width: 64,
      height: 64,
      rows: 64,
      extraChunks: [inflateBomb(type, 100_000_000)],
    });
    const before = process.memoryUsage().rss;
    expect(await decode(bytes)).toMatchObject({ width: 64, height: 64 });
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000);
  });
});

import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import type { ErrorCode } from '../../../src/errors.js';
import { avifClaiming, box, fileType, nestedAvif, riff } from './crafted-boxes.js';
import { jpegClaiming, jpegRepeatingScan, jpegWithSegments } from './crafted-jpeg.js';
import { craftedPng, inflateBomb, pngChunk, withChunks } from './crafted-png.js';
import { sampleFace } from './sample-faces.js';

/** What comes of a picture: its face, or the code of the refusal. */
export type PictureOutcome = 'FACE' | ErrorCode;

export interface HostilePicture {
  readonly kind: string;
  readonly name: string;
  /** Any of these is right. */
  readonly outcomes: readonly PictureOutcome[];
  readonly make: () => Promise<Buffer>;
}

type Entry = readonly [
  name: string,
  outcomes: PictureOutcome | readonly PictureOutcome[],
  make: () => Buffer | Promise<Buffer>,
];

const face = () => sampleFace('sample3-left', 'png').then((bytes) => sharp(bytes));
const faceAs = async (change: (picture: Sharp) => Sharp) => change(await face()).toBuffer();
const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#888' }, limitInputPixels: false });

/** Noise that compresses badly, the same every time. */
function noise(width: number, height: number): Sharp {
  const data = Buffer.allocUnsafe(width * height * 3);
  let state = 1;
  for (let at = 0; at < data.length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    data[at] = state >>> 24;
  }
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
}

const bombs: readonly Entry[] = [
  [
    '1-bit PNG of 6000 × 6000 in 4.4 KB',
    'NO_FACE',
    () => craftedPng({ width: 6000, height: 6000, rows: 6000 }),
  ],
  [
    '1-bit PNG of 30 000 × 30 000',
    'IMAGE_TOO_LARGE',
    () => craftedPng({ width: 30_000, height: 30_000, rows: 30_000 }),
  ],
  [
    'PNG with sides of 2^31 - 1',
    ['IMAGE_UNREADABLE', 'IMAGE_TOO_LARGE'],
    () => craftedPng({ width: 2 ** 31 - 1, height: 2 ** 31 - 1, rows: 0 }),
  ],
  [
    'PNG whose pixel count overflows 32 bits to 0',
    ['IMAGE_UNREADABLE', 'IMAGE_TOO_LARGE'],
    () => craftedPng({ width: 2 ** 16, height: 2 ** 16, rows: 1 }),
  ],
  [
    'JPEG claiming 65 535 × 65 535',
    'IMAGE_TOO_LARGE',
    async () => jpegClaiming(await plain(16, 16).jpeg().toBuffer(), 65_535, 65_535),
  ],
  [
    'JPEG claiming 7000 × 7000, with the data of 16 × 16',
    ['IMAGE_UNREADABLE', 'NO_FACE'],
    async () => jpegClaiming(await plain(16, 16).jpeg().toBuffer(), 7000, 7000),
  ],
  [
    'progressive JPEG claiming 7000 × 7000, with the data of 16 × 16',
    ['IMAGE_UNREADABLE', 'NO_FACE'],
    async () => jpegClaiming(await plain(16, 16).jpeg({ progressive: true }).toBuffer(), 7000, 7000),
  ],
  [
    'WebP of 16 383 × 16 383',
    'IMAGE_TOO_LARGE',
    () =>
      riff('WEBP', ['VP8L', Buffer.concat([Buffer.from([0x2f, 0xfe, 0xbf, 0xff, 0x0f]), Buffer.alloc(64)])]),
  ],
  [
    'AVIF claiming 65 535 × 65 535',
    ['IMAGE_TOO_LARGE', 'IMAGE_UNREADABLE'],
    async () => avifClaiming(await plain(64, 64).avif({ effort: 0 }).toBuffer(), 65_535, 65_535),
  ],
  [
    'AVIF claiming 3500 × 3500, with the data of 64 × 64',
    ['IMAGE_UNREADABLE', 'NO_FACE'],
    async () => avifClaiming(await plain(64, 64).avif({ effort: 0 }).toBuffer(), 3500, 3500),
  ],
  [
    'AVIF claiming 16 × 16, with the data of 4000 × 4000',
    ['IMAGE_UNREADABLE', 'NO_FACE'],
    async () => avifClaiming(await plain(4000, 4000).avif({ effort: 0 }).toBuffer(), 16, 16),
  ],
  ...[100, 2000, 20_000].map((scans): Entry => [
    `progressive JPEG of 1000 × 1000 with ${scans} scans`,
    ['IMAGE_UNREADABLE', 'NO_FACE'],
    async () => jpegRepeatingScan(await plain(1000, 1000).jpeg({ progressive: true }).toBuffer(), scans),
  ]),
  [
    'progressive JPEG of 7000 × 7000 with 90 scans',
    ['IMAGE_UNREADABLE', 'NO_FACE'],
    async () => jpegRepeatingScan(await plain(7000, 7000).jpeg({ progressive: true }).toBuffer(), 80),
  ],
];

const metadata: readonly Entry[] = [
  ...(['zTXt', 'iCCP', 'iTXt'] as const).map((type): Entry => [
    `PNG with a ${type} chunk that inflates to 200 MB`,
    ['FACE', 'IMAGE_UNREADABLE'],
    async () => withChunks(await sampleFace('sample3-left', 'png'), inflateBomb(type, 200_000_000)),
  ]),
  [
    'PNG with 40 000 text chunks',
    ['FACE', 'IMAGE_UNREADABLE'],
    async () =>
      withChunks(
        await sampleFace('sample3-left', 'png'),
        ...Array.from({ length: 40_000 }, (_, place) => pngChunk('tEXt', Buffer.from(`k${place}\0v`))),
      ),
  ],
  [
    'PNG with 8 MB of EXIF',
    ['FACE', 'IMAGE_UNREADABLE'],
    async () =>
      withChunks(
        await sampleFace('sample3-left', 'png'),
        pngChunk('eXIf', Buffer.concat([exifDirectory(9), Buffer.alloc(8_000_000, 1)])),
      ),
  ],
  [
    'JPEG with 8 MB of EXIF in 123 segments',
    ['FACE', 'IMAGE_UNREADABLE'],
    async () =>
      jpegWithSegments(
        await sampleFace('sample3-left'),
        1,
        'Exif\0\0',
        Buffer.concat([exifDirectory(9), Buffer.alloc(8_000_000, 1)]),
      ),
  ],
  [
    'JPEG with an EXIF directory of 5000 entries that point at each other',
    ['FACE', 'IMAGE_UNREADABLE'],
    async () => jpegWithSegments(await sampleFace('sample3-left'), 1, 'Exif\0\0', exifDirectory(5000)),
  ],
  ...(
    [
      [
        'PNG',
        async () =>
          withChunks(await sampleFace('sample3-left', 'png'), pngChunk('eXIf', exifDirectory(5000))),
      ],
      ['WebP', async () => webpWithExif(await sampleFace('sample3-left', 'webp'), exifDirectory(5000))],
      [
        'AVIF',
        () =>
          faceAs((picture) => picture.withExif({ IFD0: { Copyright: 'x'.repeat(60_000) } }).avif()).then(
            avifWithDirectories,
          ),
      ],
    ] as const
  ).map(([format, make]): Entry => [`${format} with such a directory`, 'FACE', make]),
  [
    'JPEG with 8 MB of ICC profile',
    ['FACE', 'IMAGE_UNREADABLE'],
    async () =>
      jpegWithSegments(
        await sampleFace('sample3-left'),
        2,
        'ICC_PROFILE\0\u0001\u0001',
        Buffer.alloc(8_000_000, 1),
      ),
  ],
  [
    'JPEG with 5000 comments',
    'FACE',
    async () => {
      const comment = Buffer.from([0xff, 0xfe, 0, 4, 65, 66]);
      const jpeg = await sampleFace('sample3-left');
      return Buffer.concat([
        jpeg.subarray(0, 2),
        ...Array.from({ length: 5000 }, () => comment),
        jpeg.subarray(2),
      ]);
    },
  ],
  ['AVIF with 20 000 nested boxes', 'IMAGE_UNREADABLE', () => nestedAvif('iprp', 20_000)],
  ['AVIF with 20 000 nested references', 'IMAGE_UNREADABLE', () => nestedAvif('dinf', 20_000)],
  [
    'AVIF whose first box is larger than the file',
    'IMAGE_UNREADABLE',
    () => {
      const bytes = Buffer.concat([fileType('avif', 'mif1'), box('meta', Buffer.alloc(64))]);
      bytes.writeUInt32BE(0xffffffff, bytes.indexOf('meta') - 4);
      return bytes;
    },
  ],
];

const animations: readonly Entry[] = [
  [
    'WebP of 300 frames',
    'FACE',
    async () => {
      const frames = await Promise.all(
        Array.from({ length: 300 }, (_, turn) =>
          faceAs((picture) => picture.resize(200, 200).linear(1, turn % 9)),
        ),
      );
      return sharp(frames, { join: { animated: true } })
        .webp({ effort: 0 })
        .toBuffer();
    },
  ],
  [
    'APNG claiming 2^31 - 1 frames',
    'FACE',
    async () =>
      withChunks(
        await sampleFace('sample3-left', 'png'),
        pngChunk('acTL', Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0])),
        pngChunk('fcTL', Buffer.alloc(26)),
      ),
  ],
  [
    'AVIF that says it is a sequence',
    ['FACE', 'IMAGE_UNREADABLE'],
    async () => {
      const bytes = await faceAs((picture) => picture.avif());
      bytes.write('avis', 8, 'latin1');
      return bytes;
    },
  ],
];

const foreign: readonly Entry[] = [
  ['nothing', () => Buffer.alloc(0)],
  ['GIF', () => plain(64, 64).gif().toBuffer()],
  ['TIFF', () => plain(64, 64).tiff().toBuffer()],
  ['SVG', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"/>')],
  [
    'SVG that reads a file',
    () =>
      Buffer.from(
        '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/hostname">]><svg width="9" height="9"><text>&x;</text></svg>',
      ),
  ],
  ['HEIC', () => Buffer.concat([fileType('heic', 'mif1', 'heic'), box('meta', Buffer.alloc(64))])],
  ['BMP', () => Buffer.concat([Buffer.from('BM'), Buffer.alloc(60, 1)])],
  ['PDF', () => Buffer.from('%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n%%EOF')],
  ['PostScript', () => Buffer.from('%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n')],
  ['ICO', () => Buffer.concat([Buffer.from([0, 0, 1, 0, 1, 0, 16, 16]), Buffer.alloc(64)])],
  ['JPEG XL', () => Buffer.concat([Buffer.from([0xff, 0x0a]), Buffer.alloc(64)])],
  ['JPEG 2000', () => box('jP  ', Buffer.from([0x0d, 0x0a, 0x87, 0x0a]))],
  ['ZIP', () => Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(64)])],
  ['MP4', () => Buffer.concat([fileType('isom', 'mp42'), box('mdat', Buffer.alloc(64))])],
  ['a script', () => Buffer.from('#!/bin/sh\nid\n')],
  [
    'PNG behind one space',
    async () => Buffer.concat([Buffer.from(' '), await sampleFace('sample3-left', 'png')]),
  ],
].map(([name, make]): Entry => [name as string, 'IMAGE_UNSUPPORTED', make as () => Promise<Buffer>]);

const archive = Buffer.concat([Buffer.from('PK\u0005\u0006'), Buffer.alloc(18)]);
const page = Buffer.from('<html><script>alert(1)</script></html>');

const polyglots: readonly Entry[] = [
  ['JPEG that is a ZIP too', 'FACE', async () => Buffer.concat([await sampleFace('sample3-left'), archive])],
  [
    'JPEG with a page as its comment',
    'FACE',
    async () => jpegWithSegments(await sampleFace('sample3-left'), 14, '', page),
  ],
  [
    'PNG with a page in front of its pixels',
    'FACE',
    async () => withChunks(await sampleFace('sample3-left', 'png'), pngChunk('tEXt', page)),
  ],
  [
    'PNG with a page behind its end',
    'FACE',
    async () => Buffer.concat([await sampleFace('sample3-left', 'png'), page]),
  ],
  [
    'WebP with a page behind its end',
    'FACE',
    async () => Buffer.concat([await sampleFace('sample3-left', 'webp'), page]),
  ],
  [
    'AVIF with a page behind its end',
    ['FACE', 'IMAGE_UNREADABLE'],
    async () => Buffer.concat([await faceAs((picture) => picture.avif()), page]),
  ],
  [
    'a JPEG in a JPEG',
    'FACE',
    async () => Buffer.concat([await sampleFace('sample3-left'), await sampleFace('sample1-left')]),
  ],
  [
    'a PNG that calls itself JPEG',
    'IMAGE_UNREADABLE',
    async () => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), await sampleFace('sample3-left', 'png')]),
  ],
  ['WebP of another form', 'IMAGE_UNSUPPORTED', () => riff('WAVE', ['fmt ', Buffer.alloc(16)])],
  ['WebP without a picture', 'IMAGE_UNREADABLE', () => riff('WEBP', ['EXIF', Buffer.alloc(64)])],
  [
    'WebP whose canvas is larger than its picture',
    ['IMAGE_UNREADABLE', 'IMAGE_TOO_LARGE'],
    () =>
      riff(
        'WEBP',
        ['VP8X', Buffer.from([0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
        ['VP8 ', Buffer.alloc(32)],
      ),
  ],
];

const encodings = {
  JPEG: (picture: Sharp) => picture.jpeg(),
  'progressive JPEG': (picture: Sharp) => picture.jpeg({ progressive: true }),
  PNG: (picture: Sharp) => picture.png(),
  'interlaced PNG': (picture: Sharp) => picture.png({ progressive: true }),
  WebP: (picture: Sharp) => picture.webp(),
  AVIF: (picture: Sharp) => picture.avif({ effort: 0 }),
} as const;

const truncated: readonly Entry[] = Object.entries(encodings).flatMap(([format, encode]) =>
  [0.01, 0.05, 0.2, 0.5, 0.8, 0.95].map((part): Entry => [
    `${format} after ${part * 100} %`,
    ['IMAGE_UNREADABLE', 'IMAGE_UNSUPPORTED'],
    async () => {
      const bytes = await faceAs(encode);
      return bytes.subarray(0, Math.floor(bytes.length * part));
    },
  ]),
);

const usual: readonly Entry[] = [
  ['CMYK JPEG', (picture: Sharp) => picture.toColourspace('cmyk').jpeg()],
  ['progressive JPEG', (picture: Sharp) => picture.jpeg({ progressive: true })],
  ['grey JPEG', (picture: Sharp) => picture.toColourspace('b-w').jpeg()],
  [
    '4:4:4 JPEG with an ICC profile',
    (picture: Sharp) => picture.withIccProfile('p3').jpeg({ chromaSubsampling: '4:4:4' }),
  ],
  ['16-bit PNG', (picture: Sharp) => picture.toColourspace('rgb16').png()],
  ['grey PNG', (picture: Sharp) => picture.toColourspace('b-w').png()],
  ['grey 16-bit PNG', (picture: Sharp) => picture.toColourspace('grey16').png()],
  ['grey PNG with transparency', (picture: Sharp) => picture.toColourspace('b-w').ensureAlpha(0.9).png()],
  ['palette PNG', (picture: Sharp) => picture.png({ palette: true })],
  ['interlaced PNG', (picture: Sharp) => picture.png({ progressive: true })],
  ['transparent WebP', (picture: Sharp) => picture.ensureAlpha(0.9).webp()],
  ['lossless WebP', (picture: Sharp) => picture.webp({ lossless: true })],
  ['10-bit AVIF', (picture: Sharp) => picture.avif({ bitdepth: 10 })],
  ['transparent AVIF', (picture: Sharp) => picture.ensureAlpha(0.9).avif()],
]
  .map(([name, encode]): Entry => [name as string, 'FACE', () => faceAs(encode as (picture: Sharp) => Sharp)])
  .concat(
    [1, 2, 3, 4, 5, 6, 7, 8].map((orientation): Entry => [
      `JPEG turned by EXIF orientation ${orientation}`,
      'FACE',
      async () =>
        sharp(await faceAs((picture) => picture.withMetadata({ orientation: inverse(orientation) }).png()))
          .autoOrient()
          .withMetadata({ orientation })
          .jpeg()
          .toBuffer(),
    ]),
  );

const shapes: readonly Entry[] = [
  ['1 × 1', 'NO_FACE', () => plain(1, 1).png().toBuffer()],
  ['1 × 65 000 JPEG', 'NO_FACE', () => plain(1, 65_000).jpeg().toBuffer()],
  ['65 000 × 1 JPEG', 'NO_FACE', () => plain(65_000, 1).jpeg().toBuffer()],
  ['1 × 1 000 000 PNG', 'NO_FACE', () => craftedPng({ width: 1, height: 1_000_000, rows: 1_000_000 })],
  ['1 000 000 × 50 PNG', 'NO_FACE', () => craftedPng({ width: 1_000_000, height: 50, rows: 50 })],
  ['50 × 1 000 000 PNG', 'NO_FACE', () => craftedPng({ width: 50, height: 1_000_000, rows: 1_000_000 })],
  ['16 383 × 8 WebP', 'NO_FACE', () => plain(16_383, 8).webp().toBuffer()],
  ['16 × 16 000 AVIF', 'NO_FACE', () => plain(16, 16_000).avif({ effort: 0 }).toBuffer()],
];

const without: readonly Entry[] = [
  ['all black', () => plain(1000, 1000).linear(0, 0).png().toBuffer()],
  ['all white', () => plain(1000, 1000).linear(0, 255).png().toBuffer()],
  ['all transparent', () => plain(1000, 1000).ensureAlpha(0).png().toBuffer()],
  ['noise', () => noise(1000, 1000).png().toBuffer()],
  ['chessboard', () => craftedChessboard(1024)],
].map(([name, make]): Entry => [name as string, 'NO_FACE', make as () => Promise<Buffer>]);

const largest: readonly Entry[] = [
  ['7000 × 7000 JPEG', () => plain(7000, 7000).jpeg().toBuffer()],
  ['7000 × 7000 JPEG, turned', () => plain(7000, 7000).withMetadata({ orientation: 6 }).jpeg().toBuffer()],
  ['7000 × 7000 progressive JPEG', () => plain(7000, 7000).jpeg({ progressive: true }).toBuffer()],
  [
    '7000 × 7000 progressive JPEG, turned',
    () => plain(7000, 7000).withMetadata({ orientation: 6 }).jpeg({ progressive: true }).toBuffer(),
  ],
  ['7000 × 7000 PNG', () => plain(7000, 7000).png().toBuffer()],
  ['7000 × 7000 PNG, turned', () => plain(7000, 7000).withMetadata({ orientation: 6 }).png().toBuffer()],
  ['3500 × 3500 interlaced PNG', () => plain(3500, 3500).png({ progressive: true }).toBuffer()],
  [
    '3500 × 3500 interlaced 16-bit transparent PNG',
    () => plain(3500, 3500).ensureAlpha(0.5).toColourspace('rgb16').png({ progressive: true }).toBuffer(),
  ],
  [
    '7000 × 7000 16-bit transparent PNG, turned',
    () =>
      plain(7000, 7000)
        .ensureAlpha(0.5)
        .toColourspace('rgb16')
        .withMetadata({ orientation: 6 })
        .png()
        .toBuffer(),
  ],
  ['7000 × 7000 WebP', () => plain(7000, 7000).webp({ effort: 0 }).toBuffer()],
  [
    '7000 × 7000 lossless transparent WebP',
    () => plain(7000, 7000).ensureAlpha(0.5).webp({ effort: 0, lossless: true }).toBuffer(),
  ],
  ['3500 × 3500 AVIF', () => plain(3500, 3500).avif({ effort: 0 }).toBuffer()],
  [
    '3500 × 3500 10-bit transparent AVIF',
    () => plain(3500, 3500).ensureAlpha(0.5).avif({ effort: 0, bitdepth: 10 }).toBuffer(),
  ],
].map(([name, make]): Entry => [name as string, 'NO_FACE', make as () => Promise<Buffer>]);

const kinds: Readonly<Record<string, readonly Entry[]>> = {
  bomb: bombs,
  metadata,
  animation: animations,
  'foreign format': foreign,
  polyglot: polyglots,
  truncated,
  'unusual but good': usual,
  'extreme shape': shapes,
  'no face': without,
  'as large as allowed': largest,
};

/** Pictures that somebody means harm with, or that cameras hardly make. Each is made anew when asked for. */
export const hostilePictures: readonly HostilePicture[] = Object.entries(kinds).flatMap(([kind, entries]) =>
  entries.map(([name, outcomes, make]) => ({
    kind,
    name,
    outcomes: typeof outcomes === 'string' ? [outcomes] : outcomes,
    make: async () => make(),
  })),
);

/** A little-endian TIFF directory whose entries all point at the directory itself. */
function exifDirectory(entries: number): Buffer {
  const bytes = Buffer.alloc(8 + 2 + 12 * entries + 4);
  bytes.write('II*\0\b\0\0\0', 'latin1');
  bytes.writeUInt16LE(entries, 8);
  for (let entry = 0; entry < entries; entry += 1) {
    const at = 10 + 12 * entry;
    // Pointer to the EXIF directory.
    bytes.writeUInt16LE(0x8769, at);
    bytes.writeUInt16LE(4, at + 2);
    bytes.writeUInt32LE(1, at + 4);
    bytes.writeUInt32LE(8, at + 8);
  }
  // The next directory is this one.
  bytes.writeUInt32LE(8, bytes.length - 4);
  return bytes;
}

/** EXIF orientation that undoes another; only the quarter turns are not their own. */
function inverse(orientation: number): number {
  if (orientation === 6) return 8;
  return orientation === 8 ? 6 : orientation;
}

function craftedChessboard(side: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1;
  const rows = Array.from({ length: side }, (_, y) => [
    0,
    ...Array<number>(side / 8).fill(y % 2 ? 0xaa : 0x55),
  ]);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.from(rows.flat()))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A WebP file with an extended header and EXIF; its picture becomes the second chunk. */
function webpWithExif(webp: Buffer, block: Buffer): Buffer {
  const { width, height } = { width: 420, height: 440 };
  const header = Buffer.alloc(10);
  // The flag that says EXIF follows.
  header.writeUInt8(0x08, 0);
  header.writeUIntLE(width - 1, 4, 3);
  header.writeUIntLE(height - 1, 7, 3);
  const type = webp.toString('latin1', 12, 16);
  const length = webp.readUInt32LE(16);
  return riff('WEBP', ['VP8X', header], [type, webp.subarray(20, 20 + length)], ['EXIF', block]);
}

/** Overwrites the EXIF of an AVIF file. */
function avifWithDirectories(avif: Buffer): Buffer {
  const at = Math.max(avif.indexOf('II*\0', 0, 'latin1'), avif.indexOf('MM\0*', 0, 'latin1'));
  if (at < 0) throw new Error('The AVIF file has no EXIF.');
  exifDirectory(4800).copy(avif, at);
  return avif;
}

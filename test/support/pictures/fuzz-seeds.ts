import sharp, { type Sharp } from 'sharp';
import { sampleFace } from './sample-faces.js';

/** Valid pictures to damage, small so that damage hits something. */
export interface FuzzSeed {
  readonly format: string;
  /** Bytes of the signature, which stay. */
  readonly signature: number;
  readonly make: () => Promise<Buffer>;
}

const encoded = (encode: (picture: Sharp) => Sharp) => async () =>
  encode(sharp(await sampleFace('sample3-left', 'png')).resize(128)).toBuffer();

export const fuzzSeeds: readonly FuzzSeed[] = [
  {
    format: 'JPEG',
    signature: 3,
    make: encoded((picture) => picture.withExif({ IFD0: { Copyright: 'c' } }).jpeg()),
  },
  {
    format: 'progressive JPEG',
    signature: 3,
    make: encoded((picture) => picture.jpeg({ progressive: true })),
  },
  { format: 'PNG', signature: 8, make: encoded((picture) => picture.png()) },
  {
    format: 'interlaced PNG',
    signature: 8,
    make: encoded((picture) => picture.png({ progressive: true, palette: true })),
  },
  {
    format: 'WebP',
    signature: 12,
    make: encoded((picture) => picture.withExif({ IFD0: { Copyright: 'c' } }).webp()),
  },
  {
    format: 'lossless WebP',
    signature: 12,
    make: encoded((picture) => picture.ensureAlpha(0.5).webp({ lossless: true })),
  },
  { format: 'AVIF', signature: 32, make: encoded((picture) => picture.avif({ effort: 0 })) },
];

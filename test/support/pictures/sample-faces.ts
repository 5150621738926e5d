import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { projectRoot } from '../../../src/project-root.js';

interface Crop {
  readonly photo: number;
  /** Left, top, width, height in pixels of the photo. */
  readonly box: readonly [number, number, number, number];
}

const crops = {
  'sample1-left': { photo: 1, box: [300, 200, 420, 460] },
  'sample1-middle': { photo: 1, box: [720, 290, 440, 460] },
  'sample1-right': { photo: 1, box: [1380, 120, 420, 420] },
  'sample2-middle': { photo: 2, box: [800, 140, 400, 440] },
  'sample2-right': { photo: 2, box: [1340, 60, 440, 440] },
  'sample3-left': { photo: 3, box: [480, 240, 420, 440] },
  'sample3-middle': { photo: 3, box: [980, 120, 400, 460] },
  'sample3-right': { photo: 3, box: [1420, 200, 400, 440] },
  'sample4-left': { photo: 4, box: [140, 100, 400, 420] },
  'sample4-middle': { photo: 4, box: [580, 10, 380, 420] },
  'sample4-right': { photo: 4, box: [1240, 100, 380, 380] },
  'sample5-top': { photo: 5, box: [700, 30, 320, 340] },
  'sample5-centre': { photo: 5, box: [520, 340, 340, 400] },
  'sample5-back': { photo: 5, box: [1050, 150, 320, 340] },
  'sample5-right': { photo: 5, box: [1320, 280, 420, 460] },
  'sample5-front': { photo: 5, box: [260, 800, 420, 440] },
  'sample6-left': { photo: 6, box: [160, 400, 440, 460] },
  'sample6-second': { photo: 6, box: [580, 240, 400, 460] },
  'sample6-third': { photo: 6, box: [1080, 220, 380, 420] },
  'sample6-right': { photo: 6, box: [1440, 160, 380, 460] },
} as const satisfies Record<string, Crop>;

/** Pictures of one person each, cut out of the group photos; the names say where, nothing about who. */
export type SampleFace = keyof typeof crops;

export const sampleFaces = Object.keys(crops) as SampleFace[];

/**
 * Sample faces no two of which the default models take for one person at FMR 1e-3; among the others a few pairs are
 * (the photos were taken on the same evenings, perhaps of the same people).
 */
export const strangers = [
  'sample1-left',
  'sample2-right',
  'sample3-middle',
  'sample4-left',
  'sample4-middle',
  'sample4-right',
  'sample5-back',
  'sample5-centre',
  'sample5-front',
  'sample5-right',
  'sample6-right',
  'sample6-second',
] as const satisfies readonly SampleFace[];

const variants = {
  plain: (picture) => picture.jpeg({ quality: 92 }),
  brighter: (picture) => picture.modulate({ brightness: 1.2 }).jpeg({ quality: 85 }),
  smaller: (picture, crop) => picture.resize(Math.round(crop.box[2] * 0.6)).jpeg({ quality: 80 }),
  webp: (picture) => picture.webp({ quality: 75 }),
  png: (picture) => picture.png(),
  turned: (picture) => picture.rotate(8, { background: '#808080' }).jpeg({ quality: 90 }),
} as const satisfies Record<string, (picture: Sharp, crop: Crop) => Sharp>;

export type SampleVariant = keyof typeof variants;

export const sampleVariants = Object.keys(variants) as SampleVariant[];

/** Path of one of the six group photos, 1 to 6. */
export function samplePhoto(number: number): string {
  return join(projectRoot, 'node_modules/@vladmandic/face-api/demo', `sample${number}.jpg`);
}

const encoded = new Map<string, Promise<Buffer>>();

/** An encoded picture of one person; the variants show the same photo altered. */
export function sampleFace(name: SampleFace, variant: SampleVariant = 'plain'): Promise<Buffer> {
  const key = `${name} ${variant}`;
  const known = encoded.get(key);
  if (known !== undefined) return known;
  const crop: Crop = crops[name];
  const [left, top, width, height] = crop.box;
  const picture = sharp(samplePhoto(crop.photo)).extract({ left, top, width, height });
  const made = picture
    .raw()
    .toBuffer({ resolveWithObject: true })
    .then(({ data, info }) => variants[variant](sharp(data, { raw: info }), crop).toBuffer());
  encoded.set(key, made);
  return made;
}

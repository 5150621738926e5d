import { createJimp } from '@jimp/core';
import { fromBitmap, openImage, toBitmap, type Bitmap } from './libvips.js';

export interface DecodeOptions {
  /**
   * Largest width × height that is decoded.
   * @default 50_000_000
   */
  maxPixels?: number;
}

export interface EncodeOptions {
  /** 1 to 100. */
  quality?: number;
}

const DEFAULT_MAX_PIXELS = 50_000_000;

function decoder(orient: boolean) {
  return (bytes: Buffer, { maxPixels = DEFAULT_MAX_PIXELS }: DecodeOptions = {}): Promise<Bitmap> =>
    toBitmap(openImage(bytes, { maxPixels, orient }));
}

const jpeg = () => ({
  mime: 'image/jpeg' as const,
  // Jimp.fromBuffer applies the EXIF orientation of JPEG files itself, and of no other format.
  decode: decoder(false),
  encode: (bitmap: Bitmap, { quality = 90 }: EncodeOptions = {}) =>
    fromBitmap(bitmap).removeAlpha().jpeg({ quality }).toBuffer(),
});

const png = () => ({
  mime: 'image/png' as const,
  hasAlpha: true,
  decode: decoder(true),
  encode: (bitmap: Bitmap) => fromBitmap(bitmap).png().toBuffer(),
});

const webp = () => ({
  mime: 'image/webp' as const,
  hasAlpha: true,
  decode: decoder(true),
  encode: (bitmap: Bitmap, { quality = 85 }: EncodeOptions = {}) =>
    fromBitmap(bitmap).webp({ quality }).toBuffer(),
});

const avif = () => ({
  mime: 'image/avif' as const,
  hasAlpha: true,
  decode: decoder(true),
  encode: (bitmap: Bitmap, { quality = 60 }: EncodeOptions = {}) =>
    fromBitmap(bitmap).avif({ quality }).toBuffer(),
});

/**
 * Jimp with the four accepted formats only, whose codecs are libvips. Never call `Picture.read`: it opens paths
 * and addresses. Plug-ins only draw and filter; in each face worker they would take 10 MB, a third of a second at the
 * start, and longer garbage collections.
 */
export const Picture = createJimp({ formats: [jpeg, png, webp, avif], plugins: [] });

export type Picture = InstanceType<typeof Picture>;

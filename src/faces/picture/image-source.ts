import type { Metadata, Sharp } from 'sharp';
import { ServiceError } from '../../errors.js';
import type { Box } from './box.js';
import type { ImageMediaType } from './media-type.js';
import { completedJpeg } from './incomplete-jpeg.js';
import { isHeic, sniffMediaType } from './image-signature.js';
import { fromBitmap, openImage, toBitmap, type Bitmap } from './libvips.js';
import { Picture } from './picture.js';
import { withPlainMetadata } from './plain-metadata.js';

/** An encoded picture whose header has been found acceptable; no pixel is decoded yet. */
export interface ImageSource {
  /** The picture with plain metadata. */
  readonly bytes: Uint8Array;
  readonly mediaType: ImageMediaType;
  /** Pixels of the upright picture. */
  readonly width: number;
  readonly height: number;
  /** Whether the format can only be decoded as a whole. */
  readonly inOnePiece: boolean;
  /** Whether the end of the file is missing: the picture then has a margin of grey, see `arrivedPart`. */
  readonly incomplete: boolean;
  /** Whether every part of the picture depends on the whole file, as in progressive JPEG. */
  readonly interlaced: boolean;
  /** The upright picture, where it has been decoded already. */
  readonly pixels?: Bitmap;
}

const decoders: Readonly<Record<ImageMediaType, string>> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/avif': 'heif',
};

/**
 * AVIF and interlaced PNG are decoded in one piece, at up to 18 and 8 bytes a pixel, and cannot be shrunk while they
 * load; everything else comes in strips. Twice as large they took up to half a gigabyte and 6 s of a core.
 */
const MAX_WHOLE_PIXELS = 12_500_000;

/**
 * Reads type and dimensions without decoding.
 * @throws ServiceError IMAGE_UNSUPPORTED, IMAGE_UNREADABLE, IMAGE_TOO_LARGE.
 */
export async function inspectImage(encoded: Uint8Array, maxPixels: number): Promise<ImageSource> {
  const mediaType = sniffMediaType(encoded);
  if (mediaType === null) throw unsupported(encoded);
  const completed = mediaType === 'image/jpeg' ? completedJpeg(encoded) : null;
  const bytes = withPlainMetadata(completed ?? encoded, mediaType);
  const header = await readHeader(bytes);
  if (header.format !== decoders[mediaType]) throw new ServiceError('IMAGE_UNREADABLE');
  const { width, height } = header.autoOrient;
  if (width < 1 || height < 1) throw new ServiceError('IMAGE_UNREADABLE');
  const inOnePiece = mediaType === 'image/avif' || (mediaType === 'image/png' && header.isProgressive);
  const limit = inOnePiece ? Math.min(maxPixels, MAX_WHOLE_PIXELS) : maxPixels;
  if (width > Math.floor(limit / height)) {
    throw new ServiceError('IMAGE_TOO_LARGE', {
      message: `The image has ${width} × ${height} pixels; send one of at most ${limit} pixels`,
    });
  }
  return {
    bytes,
    mediaType,
    width,
    height,
    inOnePiece,
    incomplete: completed !== null,
    interlaced: header.isProgressive,
  };
}

function unsupported(encoded: Uint8Array): ServiceError {
  return isHeic(encoded)
    ? new ServiceError('IMAGE_UNSUPPORTED', {
        message:
          'The image is HEIC, which is not read here; send JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible)',
      })
    : new ServiceError('IMAGE_UNSUPPORTED');
}

async function readHeader(bytes: Uint8Array): Promise<Metadata> {
  try {
    return await openImage(bytes, { maxPixels: Number.MAX_SAFE_INTEGER, orient: true }).metadata();
  } catch (cause) {
    throw new ServiceError(isTooLong(cause) ? 'IMAGE_TOO_LARGE' : 'IMAGE_UNREADABLE', { cause });
  }
}

/** The JPEG decoder refuses sides above 65 500 pixels by itself; it has no error code. */
function isTooLong(cause: unknown): boolean {
  return cause instanceof Error && cause.message.includes('Maximum supported image dimension');
}

/**
 * Decodes what can only be decoded as a whole, so that several views of it take one decoding.
 * @throws ServiceError IMAGE_UNREADABLE.
 */
export async function decodeWhole(source: ImageSource): Promise<ImageSource> {
  return source.inOnePiece ? { ...source, pixels: await toBitmap(open(source)) } : source;
}

/** A decoded picture, or a part of it, at a scale of its own. */
export interface DecodedImage {
  readonly picture: Picture;
  /** Pixels of this picture per pixel of the upright original, 0 to 1. */
  readonly scale: number;
  /** Where the left upper corner lies, in pixels of the upright original. */
  readonly x: number;
  readonly y: number;
}

/**
 * Decodes upright, shrunk while loading so that no side is longer than `maxSide`; never enlarged.
 * @throws ServiceError IMAGE_UNREADABLE.
 */
export async function decodeShrunk(source: ImageSource, maxSide: number): Promise<DecodedImage> {
  const longSide = Math.max(source.width, source.height);
  const image = open(source);
  if (longSide > maxSide) image.resize({ width: maxSide, height: maxSide, fit: 'inside' });
  const picture = new Picture(await toBitmap(image));
  return { picture, scale: Math.max(picture.width, picture.height) / longSide, x: 0, y: 0 };
}

/**
 * Decodes the part of the upright picture inside `region`, which may reach over its edges.
 * @param scale 0 to 1.
 * @throws ServiceError IMAGE_UNREADABLE.
 */
export async function decodeRegion(source: ImageSource, region: Box, scale: number): Promise<DecodedImage> {
  const width = Math.max(1, Math.round(source.width * scale));
  const height = Math.max(1, Math.round(source.height * scale));
  const left = clamp(Math.floor(region.x * scale), 0, width - 1);
  const top = clamp(Math.floor(region.y * scale), 0, height - 1);
  const right = clamp(Math.ceil((region.x + region.width) * scale), left + 1, width);
  const bottom = clamp(Math.ceil((region.y + region.height) * scale), top + 1, height);
  // Resizing comes first because libvips shrinks while loading only then.
  const image = open(source)
    .resize({ width, height, fit: 'fill' })
    .extract({ left, top, width: right - left, height: bottom - top });
  return { picture: new Picture(await toBitmap(image)), scale, x: left / scale, y: top / scale };
}

function open({ bytes, width, height, pixels, incomplete, interlaced }: ImageSource): Sharp {
  if (pixels) return fromBitmap(pixels);
  // Nothing of an interlaced picture has arrived well enough when only a part of it has.
  return openImage(bytes, { maxPixels: width * height, orient: true, whole: incomplete && interlaced });
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}

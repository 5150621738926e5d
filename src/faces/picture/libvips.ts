import sharp, { type Sharp } from 'sharp';
import { ServiceError } from '../../errors.js';

// One picture per face worker: more threads would compete with inference, and a cache would keep pictures in memory.
sharp.concurrency(1);
sharp.cache(false);

/** Pictures that take longer to decode are refused; the slowest within the limits took 1.5 s. */
const DECODE_TIMEOUT_SECONDS = 15;

/** Transparent parts are shown on mid-grey: neither hair nor background colours turn into an edge. */
const greyBackground = { r: 128, g: 128, b: 128 };

/** Eight-bit RGBA, the first row first; the picture type of Jimp. */
export interface Bitmap {
  data: Buffer;
  width: number;
  height: number;
}

export interface OpenOptions {
  /** Largest width × height. */
  readonly maxPixels: number;
  /** Whether the orientation in the metadata is applied. */
  readonly orient: boolean;
  /**
   * Whether data that lacks anything is refused.
   * @default false: cameras write JPEG files with harmless warnings
   */
  readonly whole?: boolean;
}

/** libvips on encoded bytes, with the limits that untrusted pictures need. Only the first frame is read. */
export function openImage(bytes: Uint8Array, options: OpenOptions): Sharp {
  return sharp(bytes, {
    limitInputPixels: options.maxPixels,
    autoOrient: options.orient,
    // A warning is a byte before a marker or missing data; a missing end of the file is an error.
    failOn: options.whole === true ? 'warning' : 'error',
    // Colour management changes templates less than JPEG does, and profiles are attack surface.
    ignoreIcc: true,
  }).timeout({ seconds: DECODE_TIMEOUT_SECONDS });
}

/** @throws ServiceError IMAGE_UNREADABLE. */
export async function toBitmap(image: Sharp): Promise<Bitmap> {
  try {
    const { data, info } = await image
      .flatten({ background: greyBackground })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height };
  } catch (cause) {
    throw new ServiceError('IMAGE_UNREADABLE', { cause });
  }
}

/** libvips on pixels. */
export function fromBitmap({ data, width, height }: Bitmap): Sharp {
  return sharp(data, { raw: { width, height, channels: 4 } });
}

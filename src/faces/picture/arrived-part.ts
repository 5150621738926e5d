import type { Box } from './box.js';
import type { DecodedImage } from './image-source.js';
import type { Bitmap } from './libvips.js';

/** What the decoder leaves where no data came. */
const MID_GREY = 128;

/** Largest side of the blocks that JPEG is coded in: the last one may have arrived in part. */
const BLOCK_SIDE = 16;

/**
 * The part of an incomplete picture that has arrived, in pixels of the upright original. What is missing is a margin of
 * even grey, at the bottom or, in a picture that was turned, at another side.
 */
export function arrivedPart({ picture: { bitmap }, scale, x, y }: DecodedImage): Box {
  const { width, height } = bitmap;
  const rows = (from: number, step: number) => margin(height, (i) => isGreyRow(bitmap, from + i * step));
  const columns = (from: number, step: number) => margin(width, (i) => isGreyColumn(bitmap, from + i * step));
  const toOriginal = (pixels: number) => (pixels === 0 ? 0 : pixels / scale + BLOCK_SIDE);
  const [top, bottom] = [toOriginal(rows(0, 1)), toOriginal(rows(height - 1, -1))];
  const [left, right] = [toOriginal(columns(0, 1)), toOriginal(columns(width - 1, -1))];
  return {
    x: x + left,
    y: y + top,
    width: Math.max(0, width / scale - left - right),
    height: Math.max(0, height / scale - top - bottom),
  };
}

function margin(most: number, isGrey: (place: number) => boolean): number {
  let count = 0;
  while (count < most && isGrey(count)) count += 1;
  return count;
}

function isGreyRow({ data, width }: Bitmap, row: number): boolean {
  for (let column = 0; column < width; column++) if (!isGreyPixel(data, row * width + column)) return false;
  return true;
}

function isGreyColumn({ data, width, height }: Bitmap, column: number): boolean {
  for (let row = 0; row < height; row++) if (!isGreyPixel(data, row * width + column)) return false;
  return true;
}

/** One step of rounding apart at most. */
function isGreyPixel(data: Uint8Array, pixel: number): boolean {
  for (let channel = 0; channel < 3; channel++)
    if (Math.abs((data[4 * pixel + channel] ?? 0) - MID_GREY) > 1) return false;
  return true;
}

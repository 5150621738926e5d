import { pixelWords, type Pyramid } from './pyramid.js';
import { scaleOf, type Similarity } from './similarity.js';

/** How bytes become tensor values: `(v - mean) / divisor`, planes and mean in the order of `colours`. */
export interface ValueMapping {
  readonly colours: 'RGB' | 'BGR';
  readonly mean: readonly [number, number, number];
  readonly divisor: number;
}

/** A square tensor of three planes, the first row first. */
export interface PlanarTarget {
  readonly data: Float32Array;
  /** Width and height. */
  readonly size: number;
}

/**
 * Samples the picture bilinearly at the pixel centres of the target, straight into a model's input. What lies
 * outside the picture is black.
 * @param toPicture takes target pixels to picture pixels.
 */
export function warp(
  picture: Pyramid,
  toPicture: Similarity,
  { data, size }: PlanarTarget,
  { colours, mean, divisor }: ValueMapping,
): void {
  const { bitmap, halvings } = picture.levelFor(scaleOf(toPicture));
  const pixels = pixelWords(bitmap);
  const { width, height } = bitmap;
  const shrink = 1 / 2 ** halvings;
  const a = toPicture.a * shrink;
  const b = toPicture.b * shrink;
  // Of the middle of the target's first pixel, counted from the middle of the picture's first pixel.
  const originX = toPicture.tx * shrink + (a - b) / 2 - 0.5;
  const originY = toPicture.ty * shrink + (a + b) / 2 - 0.5;
  const maxX = width - 1;
  const maxY = height - 1;
  const gain = 1 / divisor;
  const green = size * size;
  const red = colours === 'RGB' ? 0 : 2 * green;
  const blue = 2 * green - red;
  const [first, second, third] = mean;
  const blackRed = -(red === 0 ? first : third) * gain;
  const blackGreen = -second * gain;
  const blackBlue = -(red === 0 ? third : first) * gain;
  let to = 0;
  for (let v = 0; v < size; v++) {
    for (let u = 0; u < size; u++, to++) {
      const x = originX + a * u - b * v;
      const y = originY + b * u + a * v;
      if (!(x > -0.5 && y > -0.5 && x < maxX + 0.5 && y < maxY + 0.5)) {
        data[to + red] = blackRed;
        data[to + green] = blackGreen;
        data[to + blue] = blackBlue;
        continue;
      }
      const clampedX = x < 0 ? 0 : x > maxX ? maxX : x;
      const clampedY = y < 0 ? 0 : y > maxY ? maxY : y;
      const left = clampedX | 0;
      const top = clampedY | 0;
      const fx = clampedX - left;
      const fy = clampedY - top;
      const topLeft = top * width + left;
      const right = left < maxX ? 1 : 0;
      const down = top < maxY ? width : 0;
      const p00 = pixels[topLeft] ?? 0;
      const p10 = pixels[topLeft + right] ?? 0;
      const p01 = pixels[topLeft + down] ?? 0;
      const p11 = pixels[topLeft + down + right] ?? 0;
      const w00 = (1 - fx) * (1 - fy) * gain;
      const w10 = fx * (1 - fy) * gain;
      const w01 = (1 - fx) * fy * gain;
      const w11 = fx * fy * gain;
      data[to + red] =
        (p00 & 255) * w00 + (p10 & 255) * w10 + (p01 & 255) * w01 + (p11 & 255) * w11 + blackRed;
      data[to + green] =
        ((p00 >>> 8) & 255) * w00 +
        ((p10 >>> 8) & 255) * w10 +
        ((p01 >>> 8) & 255) * w01 +
        ((p11 >>> 8) & 255) * w11 +
        blackGreen;
      data[to + blue] =
        ((p00 >>> 16) & 255) * w00 +
        ((p10 >>> 16) & 255) * w10 +
        ((p01 >>> 16) & 255) * w01 +
        ((p11 >>> 16) & 255) * w11 +
        blackBlue;
    }
  }
}

import { pixelWords, type Pyramid } from './pyramid.js';
import { scaleOf, type PlanarSimilarity } from './planar-similarity.js';

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
  toPicture: PlanarSimilarity,
  { data, size }: PlanarTarget,
  { colours, mean, divisor }: ValueMapping,
): void {
  const { bitmap, halvings } = picture.levelFor(scaleOf(toPicture));
  const pixels = pixelWords(bitmap);
  const { width, height } = bitmap;
  const shrink = 1 / 2 ** halvings;
  const a = toPicture.a * shrink;
  const b = toPicture.b * shrink;
  // Where the middle of the target's first pixel is, counted from the middle of the picture's first pixel.
  const originX = toPicture.tx * shrink + (a - b) / 2 - 0.5;
  const originY = toPicture.ty * shrink + (a + b) / 2 - 0.5;
  const maxX = width - 1;
  const maxY = height - 1;
  const gain = 1 / divisor;
  const plane = size * size;
  const planes = [
    data.subarray(0, plane),
    data.subarray(plane, 2 * plane),
    data.subarray(2 * plane),
  ] as const;
  const [red, green, blue] = colours === 'RGB' ? planes : [planes[2], planes[1], planes[0]];
  const black = mean.map((value) => -value * gain) as [number, number, number];
  const [blackRed, blackGreen, blackBlue] = colours === 'RGB' ? black : [black[2], black[1], black[0]];
  let to = 0;
  for (let v = 0; v < size; v++) {
    for (let u = 0; u < size; u++, to++) {
      let x = originX + a * u - b * v;
      let y = originY + b * u + a * v;
      let right = 1;
      let down = width;
      if (!(x >= 0 && y >= 0 && x < maxX && y < maxY)) {
        if (!(x > -0.5 && y > -0.5 && x < maxX + 0.5 && y < maxY + 0.5)) {
          red[to] = blackRed;
          green[to] = blackGreen;
          blue[to] = blackBlue;
          continue;
        }
        x = x < 0 ? 0 : x > maxX ? maxX : x;
        y = y < 0 ? 0 : y > maxY ? maxY : y;
        if (x === maxX) right = 0;
        if (y === maxY) down = 0;
      }
      const left = x | 0;
      const top = y | 0;
      const fx = (x - left) * gain;
      const fy = y - top;
      const w11 = fx * fy;
      const w10 = fx - w11;
      const w01 = (gain - fx) * fy;
      const w00 = gain - fx - w01;
      const at = top * width + left;
      const p00 = pixels[at] ?? 0;
      const p10 = pixels[at + right] ?? 0;
      const p01 = pixels[at + down] ?? 0;
      const p11 = pixels[at + down + right] ?? 0;
      red[to] = (p00 & 255) * w00 + (p10 & 255) * w10 + (p01 & 255) * w01 + (p11 & 255) * w11 + blackRed;
      green[to] =
        ((p00 >>> 8) & 255) * w00 +
        ((p10 >>> 8) & 255) * w10 +
        ((p01 >>> 8) & 255) * w01 +
        ((p11 >>> 8) & 255) * w11 +
        blackGreen;
      blue[to] =
        ((p00 >>> 16) & 255) * w00 +
        ((p10 >>> 16) & 255) * w10 +
        ((p01 >>> 16) & 255) * w01 +
        ((p11 >>> 16) & 255) * w11 +
        blackBlue;
    }
  }
}

import { lumaWeights } from './luma.js';

/**
 * How much fine detail an aligned face has, in the direction that has the least, so that motion blur counts: mean
 * square of the second difference over the variance, both of the brightness in the middle of the chip at half size.
 * Contrast and brightness cancel out.
 * @param chip planes of red, green and blue, each shifted and scaled alike.
 * @returns 0 for a plain surface or a completely blurred face.
 */
export function sharpnessOf(chip: Float32Array, size: number): number {
  const half = Math.floor(size / 2);
  const grey = brightnessAtHalfSize(chip, size, half);
  // The outer parts show hair and background.
  const from = Math.round(half * 0.2);
  const to = half - from;
  let sum = 0;
  let squares = 0;
  let across = 0;
  let down = 0;
  for (let y = from; y < to; y++) {
    for (let x = from; x < to; x++) {
      const at = y * half + x;
      const value = grey[at] ?? 0;
      sum += value;
      squares += value * value;
      across += ((grey[at - 1] ?? 0) + (grey[at + 1] ?? 0) - 2 * value) ** 2;
      down += ((grey[at - half] ?? 0) + (grey[at + half] ?? 0) - 2 * value) ** 2;
    }
  }
  const count = (to - from) ** 2;
  const variance = squares / count - (sum / count) ** 2;
  return variance > MIN_VARIANCE ? (2 * Math.min(across, down)) / count / variance : 0;
}

/** Variance of chip values, where 1 is the full range: below half a grey level there is nothing but rounding. */
const MIN_VARIANCE = (0.5 / 255) ** 2;

function brightnessAtHalfSize(chip: Float32Array, size: number, half: number): Float32Array {
  const grey = new Float32Array(half * half);
  lumaWeights.forEach((weight, channel) => {
    const plane = channel * size * size;
    for (let y = 0; y < half; y++) {
      for (let x = 0; x < half; x++) {
        const at = plane + 2 * y * size + 2 * x;
        const block =
          (chip[at] ?? 0) + (chip[at + 1] ?? 0) + (chip[at + size] ?? 0) + (chip[at + size + 1] ?? 0);
        grey[y * half + x] = (grey[y * half + x] ?? 0) + (block * weight) / 4;
      }
    }
  });
  return grey;
}

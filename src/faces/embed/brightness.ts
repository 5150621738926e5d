import type { ModelInput } from '../../models/catalogue.js';
import { lumaWeights } from './luma.js';

/**
 * Mean brightness of the middle of an aligned face, where there is no hair and no background.
 * @param chip planes of colours, as the model takes them.
 * @returns 0 for black to 1 for white.
 */
export function brightnessOf(
  chip: Float32Array,
  size: number,
  { colours, mean, divisor }: Pick<ModelInput, 'colours' | 'mean' | 'divisor'>,
): number {
  const from = Math.round(size * 0.2);
  const to = size - from;
  let brightness = 0;
  mean.forEach((shift, channel) => {
    let sum = 0;
    for (let y = from; y < to; y++) {
      const row = (channel * size + y) * size;
      for (let x = from; x < to; x++) sum += chip[row + x] ?? 0;
    }
    const weight = lumaWeights[colours === 'RGB' ? channel : 2 - channel] ?? 0;
    brightness += (weight * ((sum / (to - from) ** 2) * divisor + shift)) / 255;
  });
  return brightness;
}

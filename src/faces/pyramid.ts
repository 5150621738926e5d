import type { Bitmap } from './libvips.js';

/** A picture and its halved copies, each made when first asked for. */
export class Pyramid {
  readonly #levels: Bitmap[];

  constructor(readonly base: Bitmap) {
    this.#levels = [base];
  }

  /**
   * The copy that is sampled with steps below 2 when the picture itself would be sampled with steps of `step`
   * pixels, so that bilinear sampling does not skip pixels.
   * @returns the copy and how often it was halved.
   */
  levelFor(step: number): { bitmap: Bitmap; halvings: number } {
    let bitmap = this.base;
    let halvings = 0;
    while (step >= 2 && bitmap.width > 1 && bitmap.height > 1) {
      step /= 2;
      halvings += 1;
      bitmap = this.#levels[halvings] ??= halve(bitmap);
    }
    return { bitmap, halvings };
  }
}

/** Mean of each 2 × 2 block; an odd last row or column is left out. */
export function halve({ data, width, height }: Bitmap): Bitmap {
  const halfWidth = Math.floor(width / 2);
  const halfHeight = Math.floor(height / 2);
  const half = Buffer.allocUnsafe(halfWidth * halfHeight * 4);
  const row = width * 4;
  let to = 0;
  for (let y = 0; y < halfHeight; y++) {
    let from = 2 * y * row;
    for (let x = 0; x < halfWidth; x++, from += 8, to += 4) {
      for (let channel = 0; channel < 4; channel++) {
        const at = from + channel;
        const sum = byte(data, at) + byte(data, at + 4) + byte(data, at + row) + byte(data, at + row + 4);
        half[to + channel] = (sum + 2) >> 2;
      }
    }
  }
  return { data: half, width: halfWidth, height: halfHeight };
}

function byte(data: Buffer, at: number): number {
  return data[at] ?? 0;
}

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

/** Every second byte of a word: sums of several bytes have room there. */
const EVEN_BYTES = 0x00ff00ff;

/** Half of the divisor for each of the two bytes. */
const ROUNDING = 0x00020002;

/** Mean of each 2 × 2 block; an odd last row or column is left out. */
export function halve(bitmap: Bitmap): Bitmap {
  const { width } = bitmap;
  const pixels = pixelWords(bitmap);
  const halfWidth = Math.floor(width / 2);
  const halfHeight = Math.floor(bitmap.height / 2);
  const half = new Int32Array(halfWidth * halfHeight);
  let to = 0;
  for (let y = 0; y < halfHeight; y++) {
    let above = 2 * y * width;
    let below = above + width;
    for (let x = 0; x < halfWidth; x++, above += 2, below += 2, to++) {
      const a = pixels[above] ?? 0;
      const b = pixels[above + 1] ?? 0;
      const c = pixels[below] ?? 0;
      const d = pixels[below + 1] ?? 0;
      const even = (a & EVEN_BYTES) + (b & EVEN_BYTES) + (c & EVEN_BYTES) + (d & EVEN_BYTES) + ROUNDING;
      const odd =
        ((a >>> 8) & EVEN_BYTES) +
        ((b >>> 8) & EVEN_BYTES) +
        ((c >>> 8) & EVEN_BYTES) +
        ((d >>> 8) & EVEN_BYTES) +
        ROUNDING;
      half[to] = ((even >>> 2) & EVEN_BYTES) | ((odd << 6) & ~EVEN_BYTES);
    }
  }
  return { data: Buffer.from(half.buffer), width: halfWidth, height: halfHeight };
}

/** One number for each pixel, which takes one access instead of four; red is the lowest byte. */
export function pixelWords({ data, width, height }: Bitmap): Int32Array {
  const bytes = data.byteOffset % 4 === 0 ? data : new Uint8Array(data);
  return new Int32Array(bytes.buffer, bytes.byteOffset, width * height);
}

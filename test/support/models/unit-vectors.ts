import { cosine } from './cosine.js';

/** A unit-length vector, the same for the same seed; two different ones are nearly orthogonal. */
export function unitVector(seed: number, dimension = 128): Float32Array {
  let state = (seed + 1) * 0x9e3779b1;
  const values = Float32Array.from({ length: dimension }, () => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296 - 0.5;
  });
  return normalised(values);
}

export function normalised(values: Float32Array): Float32Array {
  const length = Math.sqrt(cosine(values, values));
  return values.map((value) => value / length);
}

/** Numbers from 0 up to 1, the same for the same seed: Marsaglia, "Xorshift RNGs" (2003). Never for secrets. */
export function seededRandom(seed: number): () => number {
  let state = Math.imul(seed, 2_654_435_761) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

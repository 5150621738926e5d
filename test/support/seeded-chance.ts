/** Park and Miller's generator. @returns a function that gives numbers between 0 and 1, the same for the same seed. */
export function seededChance(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Cosine of two unit vectors. */
export function cosine(one: ArrayLike<number>, two: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += (one[index] ?? NaN) * (two[index] ?? NaN);
  return sum;
}

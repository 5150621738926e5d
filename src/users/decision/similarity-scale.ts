/**
 * Cosine of the angle between two unit-length embeddings, -1 to 1.
 * @throws RangeError when their lengths differ.
 */
export function cosineSimilarity(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length)
    throw new RangeError(`Embeddings of ${a.length} and ${b.length} dimensions cannot be compared.`);
  return a.reduce((sum, value, position) => sum + value * (b[position] ?? 0), 0);
}

/** Cosine thresholds that a model's catalogue entry states. */
export interface SimilarityAnchors {
  /** Cosine at a false match rate of 1e-3. */
  readonly fmr1e3: number;
  /** Cosine at a false match rate of 1e-4; above `fmr1e3`. */
  readonly fmr1e4: number;
}

/** Rounding step of the reported similarity unless configured. */
export const DEFAULT_SIMILARITY_STEP = 0.05;

/**
 * Logistic function through 0.5 at FMR 1e-3 and 0.75 at FMR 1e-4, so that the number means the same for every
 * model. Rounded to steps above and below 0.5: a fine score would let an attacker climb towards a match picture by
 * picture.
 * @param step above 0, to 0.5.
 * @returns 0 to 1, monotone in the cosine.
 */
export function similarityOf(
  cosine: number,
  { fmr1e3, fmr1e4 }: SimilarityAnchors,
  step = DEFAULT_SIMILARITY_STEP,
): number {
  const slope = Math.log(3) / (fmr1e4 - fmr1e3);
  const exact = 1 / (1 + Math.exp(-slope * (cosine - fmr1e3)));
  const rounded = 0.5 + Math.round((exact - 0.5) / step) * step;
  // Without the last digits, which only tell of floating point.
  return Number(Math.min(1, Math.max(0, rounded)).toFixed(6));
}

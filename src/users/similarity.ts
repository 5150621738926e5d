/**
 * Cosine of the angle between two unit-length embeddings, -1 to 1.
 * @throws RangeError when their lengths differ.
 */
export function cosineSimilarity(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length)
    throw new RangeError(`Embeddings of ${a.length} and ${b.length} dimensions can not be compared.`);
  return a.reduce((sum, value, position) => sum + value * (b[position] ?? 0), 0);
}

/** Cosine thresholds that a model's catalogue entry states. */
export interface SimilarityAnchors {
  /** Cosine at a false match rate of 1e-3. */
  readonly fmr1e3: number;
  /** Cosine at a false match rate of 1e-4; above `fmr1e3`. */
  readonly fmr1e4: number;
}

/**
 * Logistic function through 0.5 at FMR 1e-3 and 0.75 at FMR 1e-4, so that the number means the same for every
 * model. Rounded to 0.01: a fine score would let an attacker climb towards a match picture by picture.
 * @returns 0 to 1, monotone in the cosine.
 */
export function similarityOf(cosine: number, { fmr1e3, fmr1e4 }: SimilarityAnchors): number {
  const slope = Math.log(3) / (fmr1e4 - fmr1e3);
  return Math.round(100 / (1 + Math.exp(-slope * (cosine - fmr1e3)))) / 100;
}

/** The vector divided by its length. @throws Error for a vector of zeros or with a value that is no number. */
export function unitVector(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (!(length > 0 && Number.isFinite(length)))
    throw new Error('A vector without a direction cannot be a template.');
  return vector.map((value) => value / length);
}

import { seededRandom } from '../seeded-random.js';

export interface PrincipalDirections {
  /** Orthonormal, the one with the largest mean square first. */
  readonly directions: readonly Float64Array[];
  /** Mean square of the vectors along each direction. */
  readonly meanSquares: readonly number[];
}

const ITERATIONS = 60;

/**
 * The directions along which vectors are largest, about the origin: orthogonal iteration (Golub and Van Loan, "Matrix
 * Computations", section 7.3.2). Directions of almost equal mean squares may come out mixed among themselves. The same
 * vectors always give the same directions.
 */
export function principalDirections(vectors: readonly Float32Array[], count: number): PrincipalDirections {
  const moments = secondMoments(vectors);
  const random = seededRandom(count);
  let directions = Array.from({ length: count }, () => Float64Array.from(moments, () => random() - 0.5));
  orthonormalise(directions);
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    directions = directions.map((direction) => Float64Array.from(moments, (row) => dot(row, direction)));
    orthonormalise(directions);
  }
  const meanSquares = directions.map((direction) =>
    moments.reduce((sum, row, index) => sum + (direction[index] ?? NaN) * dot(row, direction), 0),
  );
  return { directions, meanSquares };
}

function secondMoments(vectors: readonly Float32Array[]): Float64Array[] {
  const dimension = vectors[0]?.length ?? 0;
  const moments = Array.from({ length: dimension }, () => new Float64Array(dimension));
  for (const vector of vectors) {
    moments.forEach((row, index) => {
      const factor = (vector[index] ?? NaN) / vectors.length;
      for (let column = 0; column < dimension; column++)
        row[column] = (row[column] ?? NaN) + factor * (vector[column] ?? NaN);
    });
  }
  return moments;
}

/** Gram and Schmidt's method, modified, in place. */
function orthonormalise(vectors: readonly Float64Array[]): void {
  vectors.forEach((vector, index) => {
    for (const earlier of vectors.slice(0, index)) {
      const shared = dot(earlier, vector);
      for (let at = 0; at < vector.length; at++)
        vector[at] = (vector[at] ?? NaN) - shared * (earlier[at] ?? NaN);
    }
    const length = Math.sqrt(dot(vector, vector));
    for (let at = 0; at < vector.length; at++) vector[at] = (vector[at] ?? NaN) / length;
  });
}

function dot(one: Float64Array, two: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += (one[at] ?? NaN) * (two[at] ?? NaN);
  return sum;
}

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { modelCatalogue } from '../../models/catalogue.js';
import { projectionsFile, type FusedEmbedder } from '../../models/fused-embedders.js';
import { unitVector } from './unit-vector.js';

/** What the models say of one face. */
export interface FaceParts {
  /** Unit vector. */
  readonly embedding: Float32Array;
  /** None below 0. */
  readonly features: Float32Array;
}

interface Part {
  readonly rows: Float32Array;
  readonly weight: number;
}

/**
 * Joins both descriptions into one unit vector: the cosine of two such vectors is the weighted mean of the cosines of
 * their parts. Each part is first projected to the directions in which people differ; docs/accuracy.md says how those
 * were fitted.
 */
export class TemplateFusion {
  readonly #embedding: Part;
  readonly #features: Part;

  /** @param projections as the catalogue describes them. */
  constructor({ embedder, rows, weights }: FusedEmbedder, projections: Float32Array) {
    const split = rows.embedding * modelCatalogue[embedder].dimension;
    this.#embedding = { rows: projections.subarray(0, split), weight: weights.embedding };
    this.#features = { rows: projections.subarray(split), weight: weights.features };
  }

  /** @throws Error when the file is missing or is not the one the catalogue names. */
  static async load(fused: FusedEmbedder): Promise<TemplateFusion> {
    const path = projectionsFile(fused);
    const bytes = await readFile(path);
    if (createHash('sha256').update(bytes).digest('hex') !== fused.projections.sha256)
      throw new Error(`${path} is damaged: restore it as released.`);
    return new TemplateFusion(fused, new Float32Array(new Uint8Array(bytes).buffer));
  }

  template({ embedding, features }: FaceParts): Float32Array {
    const parts = [project(embedding, this.#embedding), project(rooted(features), this.#features)];
    return unitVector(Float32Array.from(parts.flatMap((part) => [...part])));
  }
}

/**
 * Features are means of activations that are never negative; their roots compare as histograms do, by Hellinger's
 * distance, so that a few large ones do not drown the rest (Arandjelović and Zisserman, "Three things everyone should
 * know to improve object retrieval", 2012).
 */
export function rooted(features: Float32Array): Float32Array {
  return unitVector(features.map((value) => Math.sqrt(Math.max(0, value))));
}

function project(vector: Float32Array, { rows, weight }: Part): Float32Array {
  const projected = new Float32Array(rows.length / vector.length);
  for (let row = 0; row < projected.length; row++) {
    const from = row * vector.length;
    let sum = 0;
    for (let column = 0; column < vector.length; column++) {
      sum += (rows[from + column] ?? NaN) * (vector[column] ?? NaN);
    }
    projected[row] = sum;
  }
  const root = Math.sqrt(weight);
  return unitVector(projected).map((value) => value * root);
}

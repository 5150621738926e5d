import { DEFAULT_EMBEDDER } from '../../../src/models/catalogue.js';
import { fusedEmbedders } from '../../../src/models/fused-embedders.js';
import { rooted, TemplateFusion, type FaceParts } from '../../../src/faces/embed/template-fusion.js';
import { principalDirections } from './principal-directions.js';

const fused = fusedEmbedders[DEFAULT_EMBEDDER];

/** Keeps directions in which people hardly differ from being blown up: part of the mean of the mean squares. */
const SHRINKAGE = 0.1;

/**
 * Projections of the fused template: dlib's embedding onto its largest directions as they are, faceres' features onto
 * theirs with each brought to about the same spread (whitened), because the network was not trained for cosines.
 * @returns what TemplateFusion takes.
 */
export function fitProjections(faces: readonly FaceParts[]): Float32Array {
  const embedding = principalDirections(
    faces.map((face) => face.embedding),
    fused.rows.embedding,
  );
  const features = principalDirections(
    faces.map((face) => rooted(face.features)),
    fused.rows.features,
  );
  const { meanSquares } = features;
  const floor = (SHRINKAGE * meanSquares.reduce((sum, value) => sum + value, 0)) / meanSquares.length;
  const whitened = features.directions.map((direction, row) => {
    const gain = 1 / Math.sqrt((meanSquares[row] ?? NaN) + floor);
    return direction.map((value) => value * gain);
  });
  return Float32Array.from([...embedding.directions, ...whitened].flatMap((direction) => [...direction]));
}

/** Fuses every face with projections in whose fitting the face's group and the other one had no part. */
export interface HeldOutTemplates {
  readonly groups: readonly [number, number];
  /** One for each face, in the order given. */
  readonly templates: readonly Float32Array[];
}

/**
 * Cross-validation: for each pair of groups, templates by projections fitted to all other groups.
 * @param groupOf group of each face; people must not be split between groups.
 * @param fit makes projections of faces.
 */
export function* heldOutTemplates(
  faces: readonly FaceParts[],
  groupOf: readonly number[],
  fit = fitProjections,
): Generator<HeldOutTemplates, void, void> {
  const groups = [...new Set(groupOf)].sort((one, two) => one - two);
  for (const [index, first] of groups.entries()) {
    for (const second of groups.slice(index)) {
      const others = faces.filter((_, face) => groupOf[face] !== first && groupOf[face] !== second);
      const fusion = new TemplateFusion(fused, fit(others));
      yield { groups: [first, second], templates: faces.map((face) => fusion.template(face)) };
    }
  }
}

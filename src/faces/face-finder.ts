import { coverage, withoutRepeats, type FaceCandidate } from './face-candidate.js';
import { FaceDetector } from './face-detector.js';
import { FaceMesh, type MeshedFace } from './face-mesh.js';
import type { LocatedFace } from './face-selection.js';
import type { Pyramid } from './pyramid.js';
import { quarterTurns, tiles, wholePicture, wholePictureWithMargin } from './search-squares.js';
import type { Similarity } from './similarity.js';

/**
 * Probability of a face according to the mesh, below which a candidate is dropped.
 */
export const MIN_FLAG = 0.1;

/** Candidates of different squares are one face when this much of the smaller box is shared. */
const MAX_COVERAGE = 0.5;

/** Detector and mesh together: candidates out of squares of a picture, and whether each is a face. */
export class FaceFinder {
  readonly #detector: FaceDetector;
  readonly #mesh: FaceMesh;

  constructor(detector: FaceDetector, mesh: FaceMesh) {
    this.#detector = detector;
    this.#mesh = mesh;
  }

  static async load(intraOpThreads: number): Promise<FaceFinder> {
    return new FaceFinder(await FaceDetector.load(intraOpThreads), await FaceMesh.load(intraOpThreads));
  }

  /**
   * The looks at a picture as a whole, cheapest first: upright, with a margin, turned. Each is worth taking only
   * when the ones before it found no face.
   */
  async *looks(pyramid: Pyramid): AsyncGenerator<FaceCandidate[], void, void> {
    for (const squares of [wholePicture, wholePictureWithMargin, quarterTurns]) {
      yield await this.#candidatesIn(pyramid, squares(pyramid.base));
    }
  }

  /** The last and most expensive look, for small faces. */
  lookCloser(pyramid: Pyramid): Promise<FaceCandidate[]> {
    return this.#candidatesIn(pyramid, tiles(pyramid.base));
  }

  locate(pyramid: Pyramid, candidate: FaceCandidate): Promise<MeshedFace> {
    return this.#mesh.locate(pyramid, candidate);
  }

  /** Null for a candidate that is no face. */
  async confirm(pyramid: Pyramid, candidate: FaceCandidate): Promise<LocatedFace | null> {
    const mesh = await this.locate(pyramid, candidate);
    return mesh.flag < MIN_FLAG ? null : { ...candidate, ...mesh };
  }

  async #candidatesIn(pyramid: Pyramid, squares: readonly Similarity[]): Promise<FaceCandidate[]> {
    const found: FaceCandidate[] = [];
    for (const square of squares) found.push(...(await this.#detector.detect(pyramid, square)));
    return withoutRepeats(found, (kept, other) => coverage(kept, other) > MAX_COVERAGE);
  }
}

import { bestOfEachFace, isSamePlace, withoutRepeats, type FaceCandidate } from './face-candidate.js';
import { loadDetector } from './load-detector.js';
import { type FaceDetector } from './face-detector.js';
import { FaceMesh } from './face-mesh.js';
import { COMPARABLE_SIDE, type LocatedFace } from './face-selection.js';
import type { Bitmap } from '../picture/libvips.js';
import type { ChosenDetector } from '../../models/chosen-model.js';
import type { Pyramid } from '../picture/pyramid.js';
import { quarterTurns, squareAround, tiles, wholePicture, wholePictureWithMargin } from './search-squares.js';
import type { PlanarSimilarity } from '../picture/planar-similarity.js';
import type { StageClock } from '../stage-clock.js';

/**
 * Probability of a face according to the mesh, below which a candidate is dropped: what the detector took for faces
 * in pictures without any had 0.2 at most, upright faces 0.99 and more.
 */
const MIN_FLAG = 0.5;

/** Bounds the work on a crowd: smaller candidates than the twelve largest can hardly be the dominant face. */
const MAX_CONFIRMATIONS = 12;

/**
 * A face that reaches these needs no second look. Faces that fill the picture or lie on their side are often found
 * in the wrong place with less; looking again took wrong templates from 80 to 3 among 220 such pictures.
 */
const convincingCandidate = { flag: 0.99, score: 0.75, partOfPicture: 0.6 } as const;

export interface FindOptions {
  /** Also the faces too small to compare with the largest one. */
  readonly everyFace: boolean;
  /** Called with the time that detector and mesh take. */
  readonly clock: StageClock;
}

/** Detector and mesh together: the faces of a picture. */
export class FaceFinder {
  readonly #detector: FaceDetector;
  readonly #mesh: FaceMesh;

  constructor(detector: FaceDetector, mesh: FaceMesh) {
    this.#detector = detector;
    this.#mesh = mesh;
  }

  static async load(detector: ChosenDetector, intraOpThreads: number): Promise<FaceFinder> {
    return new FaceFinder(await loadDetector(detector, intraOpThreads), await FaceMesh.load(intraOpThreads));
  }

  /**
   * Faces of at least about 5 % of the longer side: in a look at the whole picture and, unless that is convincing,
   * in four more with a margin and turned, of which the best score at each place wins.
   * @returns the largest first.
   */
  async find(pyramid: Pyramid, options: FindOptions): Promise<LocatedFace[]> {
    const picture = pyramid.base;
    const faces = await this.#facesIn(pyramid, wholePicture(picture), options);
    if (faces[0] !== undefined && isConvincing(faces[0], picture)) return faces;
    const withMargin = await this.#facesIn(pyramid, wholePictureWithMargin(picture), options);
    if (withMargin[0] !== undefined && fillsPicture(withMargin[0], picture)) return withMargin.slice(0, 1);
    const turned = await this.#facesIn(pyramid, quarterTurns(picture), options);
    return largestFirst(bestOfEachFace([...faces, ...withMargin, ...turned]));
  }

  /** Smaller faces, in up to 36 overlapping tiles: the most expensive look. */
  findSmall(pyramid: Pyramid, options: FindOptions): Promise<LocatedFace[]> {
    return this.#facesIn(pyramid, tiles(pyramid.base), options);
  }

  /**
   * A closer look at a face that had few pixels where it was found.
   * @returns null when it turns out to be none.
   */
  async refine(pyramid: Pyramid, candidate: FaceCandidate, clock: StageClock): Promise<LocatedFace | null> {
    const [found] = await this.#facesIn(pyramid, [squareAround(candidate)], { everyFace: false, clock });
    if (found !== undefined && isSamePlace(found, candidate)) return found;
    const mesh = await clock.time('landmarks', () => this.#mesh.locate(pyramid, candidate));
    return mesh.flag < MIN_FLAG ? null : { ...candidate, ...mesh };
  }

  async #facesIn(
    pyramid: Pyramid,
    squares: readonly PlanarSimilarity[],
    options: FindOptions,
  ): Promise<LocatedFace[]> {
    const found: FaceCandidate[] = [];
    for (const square of squares)
      found.push(...(await options.clock.time('detect', () => this.#detector.detect(pyramid, square))));
    const candidates = largestFirst(withoutRepeats(found, isSamePlace)).slice(0, MAX_CONFIRMATIONS);
    const faces: LocatedFace[] = [];
    for (const candidate of candidates) {
      const largest = faces[0];
      if (!options.everyFace && largest && candidate.side < largest.side * COMPARABLE_SIDE) break;
      const mesh = await options.clock.time('landmarks', () => this.#mesh.locate(pyramid, candidate));
      if (mesh.flag >= MIN_FLAG) faces.push({ ...candidate, ...mesh });
    }
    return faces;
  }
}

function isConvincing({ flag, score, side }: LocatedFace, { width, height }: Bitmap): boolean {
  const partOfPicture = side / Math.max(width, height);
  return (
    flag >= convincingCandidate.flag &&
    score >= convincingCandidate.score &&
    partOfPicture <= convincingCandidate.partOfPicture
  );
}

/** Such a face is found more exactly with a margin around it than without, so the other looks are left out. */
function fillsPicture({ flag, side }: LocatedFace, { width, height }: Bitmap): boolean {
  return (
    flag >= convincingCandidate.flag && side > convincingCandidate.partOfPicture * Math.max(width, height)
  );
}

function largestFirst<T extends FaceCandidate>(candidates: readonly T[]): T[] {
  return [...candidates].sort((one, two) => two.side - one.side);
}

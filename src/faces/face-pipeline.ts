import { ServiceError } from '../errors.js';
import { chipToPicture } from './face-chip.js';
import { EMBEDDER, FaceEmbedder, type EmbeddedFace } from './face-embedder.js';
import { FaceFinder } from './face-finder.js';
import { dominantFace, nearestFace, type LocatedFace } from './face-selection.js';
import type { ExtractedFace } from './face-service.js';
import { assertLargeEnough, assertSharpEnough } from './face-quality.js';
import { decodeRegion, decodeShrunk, inspectImage, type ImageSource } from './image-source.js';
import type { Picture } from './picture.js';
import { Pyramid } from './pyramid.js';
import { moveCandidate, toUprightBox, toUprightPoints, viewOf, type View } from './view.js';

export interface FacePipelineOptions {
  /** Largest width × height of a picture. */
  maxPixels: number;
  /**
   * Threads of one inference.
   * @default 1
   */
  intraOpThreads?: number;
}

/** `dominant` refuses several comparable faces; `centre` takes the face nearest to the middle of the picture. */
export type FaceChoice = 'dominant' | 'centre';

/** Long side of the picture that is searched as a whole: the detector shrinks it to 256 pixels anyway. */
const OVERVIEW_SIDE = 1024;

/** Long side of the picture that is searched in tiles. */
const TILED_SIDE = 2048;

/** A smaller face is decoded again if the original has more pixels: the mesh sees 192 pixels of 1.5 boxes. */
const FULL_DETAIL_SIDE = 128;

/** Side of the region that is decoded again, in boxes: the mesh needs 1.5, and 2.2 where it is turned. */
const REGION_SCALE = 2.5;

interface FoundFace {
  readonly view: View;
  readonly face: LocatedFace;
}

/** Loads the models. @throws when a model file is missing or damaged. */
export async function createFacePipeline(options: FacePipelineOptions): Promise<FacePipeline> {
  const { maxPixels, intraOpThreads = 1 } = options;
  const finder = await FaceFinder.load(intraOpThreads);
  return new FacePipeline(maxPixels, finder, await FaceEmbedder.load(intraOpThreads));
}

/** From picture bytes to a template, on the calling thread: belongs into a worker. */
export class FacePipeline {
  readonly #maxPixels: number;
  readonly #finder: FaceFinder;
  readonly #embedder: FaceEmbedder;

  constructor(maxPixels: number, finder: FaceFinder, embedder: FaceEmbedder) {
    this.#maxPixels = maxPixels;
    this.#finder = finder;
    this.#embedder = embedder;
  }

  /**
   * @param bytes encoded picture, untrusted.
   * @throws ServiceError IMAGE_UNSUPPORTED, IMAGE_UNREADABLE, IMAGE_TOO_LARGE, NO_FACE, SEVERAL_FACES,
   *   FACE_TOO_SMALL, FACE_TOO_BLURRED.
   */
  async extract(bytes: Uint8Array, choice: FaceChoice = 'dominant'): Promise<ExtractedFace> {
    const source = await inspectImage(bytes, this.#maxPixels);
    const found = await this.#find(source, choice);
    if (found === null) throw new ServiceError('NO_FACE');
    assertLargeEnough(found.face.side / found.view.scale);
    const { view, face } = await this.#withFullDetail(source, found);
    const { template, sharpness } = await this.#embedder.embed(view.pyramid, chipToPicture(face.landmarks));
    assertSharpEnough(sharpness);
    return {
      modelId: EMBEDDER,
      template,
      mediaType: source.mediaType,
      box: toUprightBox(view, face),
      detectionScore: face.score,
      faceFlag: face.flag,
      landmarks: toUprightPoints(view, face.landmarks),
      sharpness,
    };
  }

  /** Every face of a decoded picture, the largest first; pixels of that picture. */
  async detect(picture: Picture): Promise<LocatedFace[]> {
    const pyramid = new Pyramid(picture.bitmap);
    const faces = await this.#finder.find(pyramid, { everyFace: true });
    return faces.length > 0 ? faces : this.#finder.findSmall(pyramid, { everyFace: true });
  }

  /** Template of a face that `detect` found in the same picture. */
  templateOf(picture: Picture, face: LocatedFace): Promise<EmbeddedFace> {
    return this.#embedder.embed(new Pyramid(picture.bitmap), chipToPicture(face.landmarks));
  }

  async #find(source: ImageSource, choice: FaceChoice): Promise<FoundFace | null> {
    const options = { everyFace: choice === 'centre' };
    const overview = viewOf(await decodeShrunk(source, OVERVIEW_SIDE));
    const face = choose(await this.#finder.find(overview.pyramid, options), overview, choice);
    if (face !== undefined) return { view: overview, face };
    const tiled = overview.scale < 1 ? viewOf(await decodeShrunk(source, TILED_SIDE)) : overview;
    const small = choose(await this.#finder.findSmall(tiled.pyramid, options), tiled, choice);
    return small === undefined ? null : { view: tiled, face: small };
  }

  async #withFullDetail(source: ImageSource, found: FoundFace): Promise<FoundFace> {
    const { view, face } = found;
    if (view.scale >= 1 || face.side >= FULL_DETAIL_SIDE) return found;
    const scale = Math.min(1, (view.scale * FULL_DETAIL_SIDE) / face.side);
    const region = toUprightBox(view, { middle: face.middle, side: face.side * REGION_SCALE });
    const closer = viewOf(await decodeRegion(source, region, scale));
    const candidate = moveCandidate(face, view, closer);
    return {
      view: closer,
      face: { ...candidate, ...(await this.#finder.locate(closer.pyramid, candidate)) },
    };
  }
}

function choose(
  faces: readonly LocatedFace[],
  { picture }: View,
  choice: FaceChoice,
): LocatedFace | undefined {
  if (choice === 'dominant') return dominantFace(faces);
  return nearestFace(faces, { x: picture.width / 2, y: picture.height / 2 });
}

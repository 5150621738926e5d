import { ServiceError } from '../errors.js';
import type { EmbeddedFace, Embedder } from './embed/face-embedder.js';
import { FaceFinder } from './find/face-finder.js';
import { dominantFace, nearestFace, type LocatedFace } from './find/face-selection.js';
import type { ExtractedFace } from './face-service.js';
import {
  decodeRegion,
  decodeShrunk,
  decodeWhole,
  inspectImage,
  type DecodedImage,
  type ImageSource,
} from './picture/image-source.js';
import { LivenessDetector } from './liveness-detector.js';
import { loadEmbedder } from './embed/load-embedder.js';
import {
  builtDetector,
  builtEmbedder,
  type ChosenDetector,
  type ChosenEmbedder,
} from '../models/chosen-model.js';
import type { Box } from './picture/box.js';
import { arrivedPart } from './picture/arrived-part.js';
import type { Picture } from './picture/picture.js';
import { Pyramid } from './picture/pyramid.js';
import { StageClock } from './stage-clock.js';
import { moveCandidate, toUprightBox, toUprightPoints, viewOf, type View } from './view.js';

export interface FacePipelineOptions {
  /** Largest width × height of a picture. */
  maxPixels: number;
  /**
   * Threads of one inference.
   * @default 1
   */
  intraOpThreads?: number;
  /** @default blazeface-back */
  detector?: ChosenDetector;
  /** @default dlib-faceres-v2 */
  embedder?: ChosenEmbedder;
  /**
   * Whether the liveness of faces is measured; loads two more models.
   * @default false
   */
  measureLiveness?: boolean;
}

/** `dominant` refuses several comparable faces; `centre` takes the face nearest to the middle of the picture. */
export type FaceChoice = 'dominant' | 'centre';

/** Long side of the picture that is searched as a whole: the detector shrinks it to 256 pixels anyway. */
export const OVERVIEW_SIDE = 1024;

/** Long side of the picture that is searched in tiles. */
const TILED_SIDE = 2048;

/** A smaller face is decoded again if the original has more pixels: the mesh sees 192 pixels of 1.5 boxes. */
const FULL_DETAIL_SIDE = 128;

/** Side of the region that is decoded again, in boxes: the detector looks at 2.5, turned by any angle. */
const REGION_SCALE = 3.5;

/** Part of a face's side around it that the embedders' chips reach to. */
const AROUND_FACE = 0.4;

/** A face below this part of the longer side had 50 pixels or less in the detector's input: box and turn are rough. */
const EXACT_PART = 0.2;

interface FoundFace {
  readonly view: View;
  readonly face: LocatedFace;
}

/** Loads the models. @throws when a model file is missing or damaged. */
export async function createFacePipeline(options: FacePipelineOptions): Promise<FacePipeline> {
  const { maxPixels, intraOpThreads = 1, detector = builtDetector, embedder = builtEmbedder } = options;
  const finder = await FaceFinder.load(detector, intraOpThreads);
  const liveness = options.measureLiveness === true ? await LivenessDetector.load(intraOpThreads) : null;
  return new FacePipeline(maxPixels, finder, await loadEmbedder(embedder, intraOpThreads), liveness);
}

/** From picture bytes to a template, on the calling thread: belongs into a worker. */
export class FacePipeline {
  readonly #maxPixels: number;
  readonly #finder: FaceFinder;
  readonly #embedder: Embedder;
  readonly #liveness: LivenessDetector | null;

  constructor(maxPixels: number, finder: FaceFinder, embedder: Embedder, liveness: LivenessDetector | null) {
    this.#maxPixels = maxPixels;
    this.#finder = finder;
    this.#embedder = embedder;
    this.#liveness = liveness;
  }

  /**
   * Most pictures take one look. One without a face takes 41 and is decoded twice: 50 megapixels of JPEG took 0.4 s
   * of one core, progressive JPEG 1.0 s, WebP 1.3 s, 12 megapixels of AVIF up to 4.7 s on a busy machine.
   * @param bytes encoded picture, untrusted.
   * @param clock learns how long the stages take.
   * @throws ServiceError IMAGE_UNSUPPORTED, IMAGE_UNREADABLE, IMAGE_TOO_LARGE, NO_FACE, SEVERAL_FACES.
   */
  async extract(
    bytes: Uint8Array,
    choice: FaceChoice = 'dominant',
    clock = new StageClock(),
  ): Promise<ExtractedFace> {
    const source = await clock.time('decode', async () =>
      decodeWhole(await inspectImage(bytes, this.#maxPixels)),
    );
    const found = source.incomplete
      ? await this.#findArrived(source, choice, clock)
      : await this.#find(source, choice, clock);
    if (found === null) throw new ServiceError('NO_FACE');
    const { view, face } = found;
    const { template, sharpness, brightness } = await clock.time('embed', () =>
      this.#embedder.embed(view.pyramid, face.landmarks),
    );
    const liveness = this.#liveness;
    return {
      modelId: this.#embedder.modelId,
      template,
      mediaType: source.mediaType,
      box: toUprightBox(view, face),
      detectionScore: face.score,
      faceFlag: face.flag,
      landmarks: toUprightPoints(view, face.landmarks),
      sharpness,
      brightness,
      pose: face.pose,
      liveness: liveness && (await clock.time('liveness', () => liveness.score(view.pyramid, face))),
    };
  }

  /** Every face of a decoded picture, the largest first; pixels of that picture. */
  async detect(picture: Picture): Promise<LocatedFace[]> {
    const pyramid = new Pyramid(picture.bitmap);
    const options = { everyFace: true, clock: new StageClock() };
    const faces = await this.#finder.find(pyramid, options);
    return faces.length > 0 ? faces : this.#finder.findSmall(pyramid, options);
  }

  /** Template of a face that `detect` found in the same picture. */
  templateOf(picture: Picture, face: LocatedFace): Promise<EmbeddedFace> {
    return this.#embedder.embed(new Pyramid(picture.bitmap), face.landmarks);
  }

  /** @throws ServiceError IMAGE_UNREADABLE when no face has arrived whole. */
  async #findArrived(source: ImageSource, choice: FaceChoice, clock: StageClock): Promise<FoundFace> {
    const found = await this.#find(source, choice, clock).catch((error: unknown) => {
      if (error instanceof ServiceError && error.code === 'IMAGE_UNREADABLE') return null;
      throw error;
    });
    if (found === null) throw incompleteImage();
    await assertArrived(source, toUprightBox(found.view, found.face));
    return found;
  }

  async #find(source: ImageSource, choice: FaceChoice, clock: StageClock): Promise<FoundFace | null> {
    const options = { everyFace: choice === 'centre', clock };
    const overview = viewOf(await clock.time('decode', () => decodeShrunk(source, OVERVIEW_SIDE)));
    const face = choose(await this.#finder.find(overview.pyramid, options), overview, choice);
    const refined = face && (await this.#refine(source, overview, face, clock));
    if (refined) return refined;
    const tiled =
      overview.scale < 1
        ? viewOf(await clock.time('decode', () => decodeShrunk(source, TILED_SIDE)))
        : overview;
    const small = choose(await this.#finder.findSmall(tiled.pyramid, options), tiled, choice);
    return small ? this.#refine(source, tiled, small, clock) : null;
  }

  async #refine(
    source: ImageSource,
    view: View,
    face: LocatedFace,
    clock: StageClock,
  ): Promise<FoundFace | null> {
    const exact = face.side >= EXACT_PART * Math.max(view.picture.width, view.picture.height);
    const detailed = view.scale >= 1 || face.side >= FULL_DETAIL_SIDE;
    if (exact && detailed) return { view, face };
    const closer = detailed
      ? view
      : viewOf(await clock.time('decode', () => this.#decodeCloser(source, view, face)));
    const refined = await this.#finder.refine(closer.pyramid, moveCandidate(face, view, closer), clock);
    return refined && { view: closer, face: refined };
  }

  #decodeCloser(source: ImageSource, view: View, { middle, side }: LocatedFace): Promise<DecodedImage> {
    const region = toUprightBox(view, { middle, side: side * REGION_SCALE });
    return decodeRegion(source, region, Math.min(1, (view.scale * FULL_DETAIL_SIDE) / side));
  }
}

/** @throws ServiceError IMAGE_UNREADABLE when the face, with what the embedder sees around it, has not arrived whole. */
async function assertArrived(source: ImageSource, face: Box): Promise<void> {
  const arrived = arrivedPart(await decodeShrunk(source, OVERVIEW_SIDE));
  const around = AROUND_FACE * Math.max(face.width, face.height);
  const within = (from: number, size: number, start: number, length: number, whole: number) =>
    Math.max(0, from - around) >= start && Math.min(whole, from + size + around) <= start + length;
  if (
    !within(face.x, face.width, arrived.x, arrived.width, source.width) ||
    !within(face.y, face.height, arrived.y, arrived.height, source.height)
  )
    throw incompleteImage();
}

function incompleteImage(): ServiceError {
  return new ServiceError('IMAGE_UNREADABLE', {
    message:
      'The image file is incomplete, and the face is not wholly in the part that arrived; send it again',
  });
}

function choose(
  faces: readonly LocatedFace[],
  { picture }: View,
  choice: FaceChoice,
): LocatedFace | undefined {
  if (choice === 'dominant') return dominantFace(faces);
  return nearestFace(faces, { x: picture.width / 2, y: picture.height / 2 });
}

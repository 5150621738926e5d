import type { FaceCandidate } from './find/face-candidate.js';
import type { Box } from './picture/box.js';
import type { DecodedImage } from './picture/image-source.js';
import { Pyramid } from './picture/pyramid.js';

/** A decoded picture ready for sampling. */
export interface View extends DecodedImage {
  readonly pyramid: Pyramid;
}

export function viewOf(image: DecodedImage): View {
  return { ...image, pyramid: new Pyramid(image.picture.bitmap) };
}

/** Box of a square given in pixels of the view, in pixels of the upright original. */
export function toUprightBox(
  { scale, x, y }: View,
  { middle, side }: Pick<FaceCandidate, 'middle' | 'side'>,
): Box {
  return {
    x: (middle.x - side / 2) / scale + x,
    y: (middle.y - side / 2) / scale + y,
    width: side / scale,
    height: side / scale,
  };
}

/** @param points x and y in turn. */
export function toUprightPoints({ scale, x, y }: View, points: Float32Array): Float32Array {
  return points.map((value, index) => value / scale + (index % 2 === 0 ? x : y));
}

/** The same candidate in pixels of another view of the same original. */
export function moveCandidate(candidate: FaceCandidate, from: View, to: View): FaceCandidate {
  const factor = to.scale / from.scale;
  return {
    ...candidate,
    middle: {
      x: candidate.middle.x * factor + (from.x - to.x) * to.scale,
      y: candidate.middle.y * factor + (from.y - to.y) * to.scale,
    },
    side: candidate.side * factor,
  };
}

import { facialPointSources } from '../find/facial-points.js';
import type { MeshPoints } from '../find/mesh-points.js';
import type { ModelChip } from '../../models/catalogue.js';
import { fitSimilarity, inverse, type Point, type PlanarSimilarity } from '../picture/planar-similarity.js';

// Mesh index of each iBUG point used, and where dlib's mean shape has it (dlib image_transforms/interpolation.h,
// get_face_chip_details). Brows, jaw and lower lip are left out, as there.
const shape: readonly (readonly [ibug: number, mesh: number, x: number, y: number])[] = [
  [27, 168, 0.490127, 0.203352],
  [28, 6, 0.490127, 0.307009],
  [29, 197, 0.490127, 0.409805],
  [30, 1, 0.490127, 0.515625],
  [31, 98, 0.36688, 0.587326],
  [32, 97, 0.426036, 0.609345],
  [33, 2, 0.490127, 0.628106],
  [34, 326, 0.554217, 0.609345],
  [35, 327, 0.613373, 0.587326],
  [36, 33, 0.121737, 0.216423],
  [37, 160, 0.187122, 0.178758],
  [38, 158, 0.265825, 0.179852],
  [39, 133, 0.334606, 0.231733],
  [40, 153, 0.260918, 0.245099],
  [41, 144, 0.182743, 0.244077],
  [42, 362, 0.645647, 0.231733],
  [43, 385, 0.714428, 0.179852],
  [44, 387, 0.793132, 0.178758],
  [45, 263, 0.858516, 0.216423],
  [46, 373, 0.79751, 0.244077],
  [47, 380, 0.719335, 0.245099],
  [48, 61, 0.254149, 0.780233],
  [49, 39, 0.340985, 0.745405],
  [50, 37, 0.428858, 0.727388],
  [51, 0, 0.490127, 0.742578],
  [52, 267, 0.551395, 0.727388],
  [53, 269, 0.639268, 0.745405],
  [54, 291, 0.726104, 0.780233],
  [60, 78, 0.290379, 0.784792],
  [61, 82, 0.428096, 0.778746],
  [62, 13, 0.490127, 0.785343],
  [63, 312, 0.552157, 0.778746],
  [64, 308, 0.689874, 0.784792],
];

// Where models of ArcFace's kind expect both eyes, the tip of the nose and the corners of the mouth on 112 × 112
// pixels: https://github.com/deepinsight/insightface, python-package/insightface/utils/face_align.py.
const fivePoints: readonly (readonly [mesh: readonly number[], x: number, y: number])[] = [
  [facialPointSources.rightEye, 38.2946, 51.6963],
  [facialPointSources.leftEye, 73.5318, 51.5014],
  [facialPointSources.noseTip, 56.0252, 71.7366],
  [facialPointSources.rightMouthCorner, 41.5493, 92.3655],
  [facialPointSources.leftMouthCorner, 70.7299, 92.2041],
];

/** There a whole number is the middle of a pixel, here its edge. */
const PIXEL_MIDDLE = 0.5;

/**
 * Aligns a face for an embedder.
 * @returns what takes the chip's pixels to those of the picture.
 */
export function chipToPicture(landmarks: MeshPoints, chip: ModelChip): PlanarSimilarity {
  const at = (mesh: number): Point => ({
    x: landmarks[mesh * 2] ?? NaN,
    y: landmarks[mesh * 2 + 1] ?? NaN,
  });
  if (chip.shape === 'arcface-5') {
    const points = fivePoints.map(([mesh]) => meanOf(mesh.map(at)));
    const targets = fivePoints.map(([, x, y]) => ({ x: x + PIXEL_MIDDLE, y: y + PIXEL_MIDDLE }));
    return inverse(fitSimilarity(points, targets));
  }
  const { size, padding, lift = 0 } = chip;
  const toChip = (value: number) => ((padding + value) / (1 + 2 * padding)) * size;
  const targets = shape.map(([, , x, y]) => ({ x: toChip(x), y: toChip(y + lift) }));
  return inverse(
    fitSimilarity(
      shape.map(([, mesh]) => at(mesh)),
      targets,
    ),
  );
}

function meanOf(points: readonly Point[]): Point {
  const sum = points.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }), { x: 0, y: 0 });
  return { x: sum.x / points.length, y: sum.y / points.length };
}

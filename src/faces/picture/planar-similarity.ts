export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Rotation, uniform scale and shift: (x, y) becomes (a·x − b·y + tx, b·x + a·y + ty). */
export interface PlanarSimilarity {
  readonly a: number;
  readonly b: number;
  readonly tx: number;
  readonly ty: number;
}

export function similarity(scale: number, angle: number, tx: number, ty: number): PlanarSimilarity {
  return { a: scale * Math.cos(angle), b: scale * Math.sin(angle), tx, ty };
}

export function applyTo({ x, y }: Point, { a, b, tx, ty }: PlanarSimilarity): Point {
  return { x: a * x - b * y + tx, y: b * x + a * y + ty };
}

export function scaleOf({ a, b }: PlanarSimilarity): number {
  return Math.hypot(a, b);
}

/** The same mapping for coordinates that are `factor` times as large. */
export function finerBy({ a, b, tx, ty }: PlanarSimilarity, factor: number): PlanarSimilarity {
  return { a: a / factor, b: b / factor, tx, ty };
}

export function inverse({ a, b, tx, ty }: PlanarSimilarity): PlanarSimilarity {
  const norm = a * a + b * b;
  return { a: a / norm, b: -b / norm, tx: -(a * tx + b * ty) / norm, ty: (b * tx - a * ty) / norm };
}

/**
 * The square of side `size` whose middle lands on `middle`, turned by `angle` (radians, clockwise on the screen)
 * and scaled so that it covers `side` pixels.
 */
export function squareAt(middle: Point, side: number, angle: number, size: number): PlanarSimilarity {
  const { a, b } = similarity(side / size, angle, 0, 0);
  const half = size / 2;
  return { a, b, tx: middle.x - (a - b) * half, ty: middle.y - (a + b) * half };
}

/**
 * Least-squares similarity that takes each point of `from` to its partner in `to`: Umeyama, "Least-squares
 * estimation of transformation parameters between two point patterns" (1991), in its closed form for the plane.
 * All points of `from` in one place give NaN.
 */
export function fitSimilarity(from: readonly Point[], to: readonly Point[]): PlanarSimilarity {
  if (from.length !== to.length || from.length < 2) {
    throw new Error(`A similarity needs two or more pairs of points, not ${from.length} and ${to.length}.`);
  }
  const fromMiddle = middleOf(from);
  const toMiddle = middleOf(to);
  let dot = 0;
  let cross = 0;
  let norm = 0;
  to.forEach((target, index) => {
    const source = from[index] ?? fromMiddle;
    const x = source.x - fromMiddle.x;
    const y = source.y - fromMiddle.y;
    const u = target.x - toMiddle.x;
    const v = target.y - toMiddle.y;
    dot += x * u + y * v;
    cross += x * v - y * u;
    norm += x * x + y * y;
  });
  const a = dot / norm;
  const b = cross / norm;
  return {
    a,
    b,
    tx: toMiddle.x - (a * fromMiddle.x - b * fromMiddle.y),
    ty: toMiddle.y - (b * fromMiddle.x + a * fromMiddle.y),
  };
}

function middleOf(points: readonly Point[]): Point {
  let x = 0;
  let y = 0;
  for (const point of points) {
    x += point.x;
    y += point.y;
  }
  return { x: x / points.length, y: y / points.length };
}

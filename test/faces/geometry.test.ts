import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bestOfEachFace,
  withoutRepeats,
  intersectionOverUnion,
} from '../../src/faces/find/face-candidate.js';
import { modelCatalogue } from '../../src/models/catalogue.js';
import { chipToPicture } from '../../src/faces/embed/face-chip.js';
import type { Bitmap } from '../../src/faces/picture/libvips.js';
import { halve, Pyramid } from '../../src/faces/picture/pyramid.js';
import { tiles, wholePicture, wholePictureWithMargin } from '../../src/faces/find/search-squares.js';
import {
  applyTo,
  fitSimilarity,
  inverse,
  scaleOf,
  similarity,
  squareAt,
  type PlanarSimilarity,
} from '../../src/faces/picture/planar-similarity.js';
import { warp } from '../../src/faces/picture/warp.js';

const anySimilarity = fc
  .record({
    scale: fc.double({ min: 0.05, max: 20, noNaN: true }),
    angle: fc.double({ min: -3.1, max: 3.1, noNaN: true }),
    tx: fc.double({ min: -500, max: 500, noNaN: true }),
    ty: fc.double({ min: -500, max: 500, noNaN: true }),
  })
  .map(({ scale, angle, tx, ty }) => similarity(scale, angle, tx, ty));

function expectClose(actual: PlanarSimilarity, expected: PlanarSimilarity): void {
  for (const key of ['a', 'b', 'tx', 'ty'] as const) expect(actual[key]).toBeCloseTo(expected[key], 5);
}

function greyBitmap(width: number, height: number, value: (x: number, y: number) => number): Bitmap {
  const data = Buffer.alloc(width * height * 4, 255);
  for (let at = 0; at < width * height; at++) {
    data.fill(value(at % width, Math.floor(at / width)), at * 4, at * 4 + 3);
  }
  return { data, width, height };
}

const { chip } = modelCatalogue['dlib-resnet-v1'];

const plainValues = { colours: 'RGB', mean: [0, 0, 0], divisor: 1 } as const;

function warped(bitmap: Bitmap, toPicture: PlanarSimilarity, size: number): number[] {
  const data = new Float32Array(3 * size * size);
  warp(new Pyramid(bitmap), toPicture, { data, size }, plainValues);
  return [...data.subarray(0, size * size)];
}

describe('similarities', () => {
  it('turn clockwise on the screen for positive angles', () => {
    const turned = applyTo({ x: 1, y: 0 }, similarity(2, Math.PI / 2, 10, 20));
    expect(turned.x).toBeCloseTo(10, 9);
    expect(turned.y).toBeCloseTo(22, 9);
  });

  it('are undone by their inverse', () => {
    fc.assert(
      fc.property(anySimilarity, (transform) => {
        const point = { x: 12.5, y: -7 };
        const back = applyTo(applyTo(point, transform), inverse(transform));
        expect(back.x).toBeCloseTo(point.x, 5);
        expect(back.y).toBeCloseTo(point.y, 5);
      }),
    );
  });

  it('are recovered by least squares from points they moved', () => {
    const from = [
      { x: 0, y: 0 },
      { x: 40, y: 3 },
      { x: 18, y: 55 },
    ];
    fc.assert(
      fc.property(anySimilarity, (transform) => {
        expectClose(
          fitSimilarity(
            from,
            from.map((point) => applyTo(point, transform)),
          ),
          transform,
        );
      }),
    );
  });

  it('of least squares have no smaller residual next to them', () => {
    const from = [
      { x: 0, y: 0 },
      { x: 10, y: 0 },
      { x: 0, y: 10 },
      { x: 9, y: 9 },
    ];
    const to = [
      { x: 1, y: 2 },
      { x: 12, y: 1 },
      { x: 0, y: 13 },
      { x: 10, y: 12 },
    ];
    const residual = (transform: PlanarSimilarity) =>
      from.reduce((sum, point, index) => {
        const { x, y } = applyTo(point, transform);
        return sum + (x - (to[index]?.x ?? NaN)) ** 2 + (y - (to[index]?.y ?? NaN)) ** 2;
      }, 0);
    const best = fitSimilarity(from, to);
    for (const key of ['a', 'b', 'tx', 'ty'] as const) {
      for (const step of [-1e-3, 1e-3]) {
        expect(residual({ ...best, [key]: best[key] + step })).toBeGreaterThan(residual(best));
      }
    }
  });

  it('never mirror', () => {
    const from = [
      { x: 0, y: 0 },
      { x: 10, y: 0 },
      { x: 0, y: 5 },
    ];
    const mirrored = from.map(({ x, y }) => ({ x: -x, y }));
    const { a, b } = fitSimilarity(from, mirrored);
    expect(a * a + b * b).toBeGreaterThan(0);
    expect(applyTo({ x: 0, y: 5 }, fitSimilarity(from, mirrored)).y).not.toBeCloseTo(5, 1);
  });

  it('refuse too few points', () => {
    expect(() => fitSimilarity([{ x: 0, y: 0 }], [{ x: 0, y: 0 }])).toThrow('two or more');
  });

  it('of a square have its middle and its side', () => {
    const square = squareAt({ x: 30, y: 40 }, 100, 0.7, 256);
    const middle = applyTo({ x: 128, y: 128 }, square);
    expect(middle.x).toBeCloseTo(30, 9);
    expect(middle.y).toBeCloseTo(40, 9);
    expect(scaleOf(square)).toBeCloseTo(100 / 256, 9);
  });
});

describe('halving', () => {
  it('takes the rounded mean of 2 × 2 blocks and leaves out an odd row and column', () => {
    const half = halve(greyBitmap(5, 3, (x, y) => x * 10 + y));
    expect(half).toMatchObject({ width: 2, height: 1 });
    expect([...half.data]).toEqual([6, 6, 6, 255, 26, 26, 26, 255]);
  });

  it('rounds every channel on its own, wherever the bytes begin in their buffer', () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(bytes, fc.nat(7), (block, offset) => {
        const data = Buffer.alloc(32).subarray(offset, offset + 16);
        data.set(block);
        const means = [0, 1, 2, 3].map((channel) =>
          Math.round([0, 4, 8, 12].reduce((sum, at) => sum + (block[at + channel] ?? NaN), 0) / 4),
        );
        expect([...halve({ data, width: 2, height: 2 }).data]).toEqual(means);
      }),
    );
  });

  it('goes on until the steps are below two pixels, never to nothing', () => {
    const pyramid = new Pyramid(greyBitmap(64, 64, () => 9));
    expect(pyramid.levelFor(1.99).halvings).toBe(0);
    expect(pyramid.levelFor(2).halvings).toBe(1);
    expect(pyramid.levelFor(7.9).halvings).toBe(2);
    expect(pyramid.levelFor(7.9).bitmap).toBe(pyramid.levelFor(4).bitmap);
    expect(pyramid.levelFor(1e9).bitmap).toMatchObject({ width: 1, height: 1 });
  });
});

describe('warping', () => {
  const ramp = greyBitmap(8, 8, (x, y) => 10 * x + y);

  it('copies pixels where the transform is the identity', () => {
    expect(warped(ramp, similarity(1, 0, 0, 0), 8)).toEqual(
      Array.from({ length: 64 }, (_, at) => 10 * (at % 8) + Math.floor(at / 8)),
    );
  });

  it('samples at pixel centres, bilinearly', () => {
    expect(warped(ramp, similarity(0.5, 0, 2, 3), 2)).toEqual([20.25, 25.25, 20.75, 25.75]);
  });

  it('turns', () => {
    const quarter = squareAt({ x: 4, y: 4 }, 8, Math.PI / 2, 8);
    const [leftUpper = NaN, next = NaN] = warped(ramp, quarter, 8);
    expect(leftUpper).toBeCloseTo(70, 4);
    expect(next).toBeCloseTo(71, 4);
  });

  it('has black outside and maps values by mean and divisor', () => {
    const data = new Float32Array(3 * 4);
    warp(
      new Pyramid(greyBitmap(1, 1, () => 200)),
      similarity(1, 0, 0, 0),
      { data, size: 2 },
      { colours: 'RGB', mean: [100, 50, 150], divisor: 50 },
    );
    expect([...data]).toEqual([2, -2, -2, -2, 3, -1, -1, -1, 1, -3, -3, -3]);
  });

  it('means over the pixels it steps across', () => {
    const stripes = greyBitmap(32, 32, (x) => (x % 2 === 0 ? 0 : 200));
    expect(warped(stripes, similarity(4, 0, 0, 0), 8)).toEqual(Array.from({ length: 64 }, () => 100));
  });

  it('gives finite values for any transform of any small picture', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        anySimilarity,
        (width, height, transform) => {
          const values = warped(
            greyBitmap(width, height, () => 77),
            transform,
            5,
          );
          expect(values.every((value) => value > -0.01 && value < 77.01)).toBe(true);
        },
      ),
    );
  });
});

describe('the chip', () => {
  it('lies where the mean shape of dlib puts eyes and nose', () => {
    const landmarks = new Float32Array(468 * 2).fill(NaN);
    const place = (mesh: number, x: number, y: number) => {
      // dlib's mean shape in a picture that is the chip enlarged twice and shifted by (30, 40).
      landmarks[mesh * 2] = 30 + ((0.25 + x) / 1.5) * chip.size * 2;
      landmarks[mesh * 2 + 1] = 40 + ((0.25 + y) / 1.5) * chip.size * 2;
    };
    meanShape.forEach(([mesh, x, y]) => {
      place(mesh, x, y);
    });
    expectClose(chipToPicture(landmarks, chip), { a: 2, b: 0, tx: 30, ty: 40 });
  });
});

// Every point the alignment uses, from the same source as the implementation but written down independently: the
// middle of the face, both eyes and the upper lip.
const XS =
  '0.490127 0.490127 0.490127 0.490127 0.36688 0.426036 0.490127 0.554217 0.613373 0.121737 0.187122 0.265825 0.334606 0.260918 0.182743 0.645647 0.714428 0.793132 0.858516 0.79751 0.719335 0.254149 0.340985 0.428858 0.490127 0.551395 0.639268 0.726104 0.290379 0.428096 0.490127 0.552157 0.689874';
const YS =
  '0.203352 0.307009 0.409805 0.515625 0.587326 0.609345 0.628106 0.609345 0.587326 0.216423 0.178758 0.179852 0.231733 0.245099 0.244077 0.231733 0.179852 0.178758 0.216423 0.244077 0.245099 0.780233 0.745405 0.727388 0.742578 0.727388 0.745405 0.780233 0.784792 0.778746 0.785343 0.778746 0.784792';
const MESH_INDICES =
  '168 6 197 1 98 97 2 326 327 33 160 158 133 153 144 362 385 387 263 373 380 61 39 37 0 267 269 291 78 82 13 312 308';
const meanShape = MESH_INDICES.split(' ').map(
  (mesh, at) => [Number(mesh), Number(XS.split(' ')[at]), Number(YS.split(' ')[at])] as const,
);

describe('candidates', () => {
  const candidate = (x: number, y: number, side: number, score: number) => ({
    middle: { x, y },
    side,
    angle: 0,
    score,
  });

  it('overlap by intersection over union', () => {
    expect(intersectionOverUnion(candidate(0, 0, 2, 1), candidate(1, 0, 2, 1))).toBeCloseTo(1 / 3, 9);
    expect(intersectionOverUnion(candidate(0, 0, 2, 1), candidate(3, 0, 2, 1))).toBe(0);
  });

  it('are kept best first where they overlap', () => {
    const best = candidate(0, 0, 10, 0.9);
    const far = candidate(50, 0, 10, 0.6);
    const kept = withoutRepeats(
      [candidate(1, 0, 10, 0.8), far, best],
      (one, two) => intersectionOverUnion(one, two) > 0.3,
    );
    expect(kept).toEqual([best, far]);
  });

  it('on parts of one large face count as that face', () => {
    const left = candidate(30, 50, 55, 0.9);
    const whole = candidate(50, 50, 90, 0.8);
    const right = candidate(70, 50, 55, 0.7);
    expect(bestOfEachFace([right, whole, left])).toEqual([left]);
    expect(bestOfEachFace([right, left])).toEqual([left, right]);
  });
});

describe('squares to search', () => {
  it('cover the whole picture, and with margin twice as much', () => {
    const size = { width: 640, height: 480 };
    expect(wholePicture(size).map(scaleOf)).toEqual([640]);
    expect(wholePictureWithMargin(size).map(scaleOf)).toEqual([1280]);
  });

  it('leave no part of the picture out of the tiles, and are bounded', () => {
    const side = fc.integer({ min: 1, max: 2048 });
    fc.assert(
      fc.property(
        side,
        side,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (width, height, right, down) => {
          const squares = tiles({ width, height });
          expect(squares.length).toBeLessThanOrEqual(36);
          const point = { x: right * width, y: down * height };
          const inside = squares.some((square) => {
            const { x, y } = applyTo(point, inverse(square));
            return x > -1e-6 && y > -1e-6 && x < 1.000001 && y < 1.000001;
          });
          expect(inside).toBe(true);
        },
      ),
    );
  });
});

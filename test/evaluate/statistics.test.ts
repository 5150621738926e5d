import { describe, expect, it } from 'vitest';
import { crossComparisons } from '../../tools/evaluate/cross-comparisons.js';
import { Comparisons, detCurve, equalErrorRate, operatingPoint } from '../../tools/evaluate/error-rates.js';
import { bestThreshold, foldAccuracy } from '../../tools/evaluate/fit/fold-accuracy.js';
import { identityBootstrap } from '../../tools/evaluate/identity-bootstrap.js';
import { principalDirections } from '../../tools/evaluate/fit/principal-directions.js';
import { ScoreHistogram } from '../../tools/evaluate/score-histogram.js';

// Sixteenths are exact in binary, so every expectation can be exact.
const sixteenths = (...values: number[]) => values.map((value) => value / 16);

function comparisons(genuine: readonly (number | null)[], impostor: readonly number[]): Comparisons {
  const made = new Comparisons();
  genuine.forEach((score, person) => {
    made.addGenuine(`person ${person}`, score);
  });
  for (const score of impostor) made.addImpostor(score);
  return made;
}

describe('a histogram of scores', () => {
  it('counts scores at or above a threshold', () => {
    const histogram = new ScoreHistogram();
    for (const score of sixteenths(-16, 0, 4, 4, 16)) histogram.add(score);
    expect(histogram.total).toBe(5);
    expect(histogram.countFrom(-1)).toBe(5);
    expect(histogram.countFrom(4 / 16)).toBe(3);
    expect(histogram.countFrom(5 / 16)).toBe(1);
    expect(histogram.countFrom(1)).toBe(1);
  });

  it('keeps scores just beyond the range that rounding gives', () => {
    const histogram = new ScoreHistogram();
    histogram.add(1.000_000_1);
    histogram.add(-1.000_000_1);
    expect(histogram.countFrom(1)).toBe(1);
    expect(histogram.total).toBe(2);
  });

  it('refuses what is not a number', () => {
    expect(() => {
      new ScoreHistogram().add(NaN);
    }).toThrow(RangeError);
  });

  it('divides a range into parts', () => {
    const histogram = new ScoreHistogram();
    for (const score of sixteenths(-8, 0, 1, 8, 15)) histogram.add(score);
    expect(histogram.parts(0, 1, 4)).toEqual([2, 0, 1, 1]);
  });
});

describe('an operating point', () => {
  const impostors = Array.from({ length: 100 }, (_, index) => index / 128);

  it('has the lowest threshold that keeps to the false match rate', () => {
    const point = operatingPoint(comparisons([0.9, 0.8, 0.5, 98 / 128], impostors), 0.01);
    expect(point?.threshold).toBeGreaterThan(98 / 128);
    expect(point?.threshold).toBeLessThan(98 / 128 + 1e-5);
    expect(point?.trueAcceptRate).toBe(0.5);
  });

  it('counts a person without a template as refused', () => {
    expect(operatingPoint(comparisons([0.9, 0.9, 0.9, null], impostors), 0.02)?.trueAcceptRate).toBe(0.75);
  });

  it('does not exist where there are too few impostors to measure the rate', () => {
    expect(operatingPoint(comparisons([0.9], impostors), 0.009)).toBeNull();
    expect(operatingPoint(comparisons([], impostors), 0.1)).toBeNull();
  });
});

it('a detection error trade-off has both rates at every score', () => {
  const curve = detCurve(comparisons(sixteenths(12, 8), sixteenths(10, 8, 4, 2)));
  expect(curve).toEqual([
    { threshold: 12 / 16, fmr: 0, fnmr: 0.5 },
    { threshold: 10 / 16, fmr: 0.25, fnmr: 0.5 },
    { threshold: 8 / 16, fmr: 0.5, fnmr: 0 },
    { threshold: 4 / 16, fmr: 0.75, fnmr: 0 },
    { threshold: 2 / 16, fmr: 1, fnmr: 0 },
  ]);
});

it.each([
  ['separate', sixteenths(12, 13), sixteenths(1, 2), 0],
  ['mixed', sixteenths(12, 13, 14, 3), sixteenths(1, 2, 4, 13), 0.25],
  ['swapped', sixteenths(1, 2), sixteenths(12, 13), 1],
])('the equal error rate of %s scores', (_, genuine, impostor, rate) => {
  expect(equalErrorRate(comparisons(genuine, impostor))).toBe(rate);
});

describe('accuracy in folds', () => {
  const pair = (fold: number, score: number | null, same: boolean) => ({ fold, score, same });

  it('puts the threshold into the gap between the two kinds', () => {
    expect(bestThreshold([pair(0, 0.75, true), pair(0, 0.25, false)])).toBe(0.5);
    expect(bestThreshold([pair(0, 0.75, false)])).toBe(Infinity);
  });

  it('does not split equal scores', () => {
    const pairs = [pair(0, 0.5, true), pair(0, 0.5, false), pair(0, 0.5, false), pair(0, 0.25, false)];
    expect(bestThreshold(pairs)).toBe(Infinity);
  });

  it('is measured on each fold with the threshold of the others', () => {
    const folds = [
      pair(0, 0.75, true),
      pair(0, 0.25, false),
      // The threshold of the first fold is 0.5: both are wrong.
      pair(1, 0.375, true),
      pair(1, 0.625, false),
    ];
    // The second fold accepts nobody, so in the first only the stranger is judged rightly.
    expect(foldAccuracy(folds)).toEqual({ mean: 0.25, standardError: 0.25 });
  });

  it('takes a pair without a score for no match', () => {
    const folds = [0, 1].flatMap((fold) => [
      pair(fold, 0.75, true),
      pair(fold, null, true),
      pair(fold, null, false),
      pair(fold, 0.25, false),
    ]);
    expect(foldAccuracy(folds)?.mean).toBe(0.75);
  });

  it('needs two folds', () => {
    expect(foldAccuracy([pair(0, 0.75, true)])).toBeNull();
  });
});

describe('a bootstrap over people', () => {
  it('is as sharp as the people are alike', () => {
    const people = Array.from({ length: 50 }, () => ({ accepted: 3, compared: 4 }));
    expect(identityBootstrap(people)).toEqual({ low: 0.75, high: 0.75 });
  });

  it('is wider when the failures belong to few people, as many comparisons as there may be', () => {
    const spread = Array.from({ length: 100 }, () => ({ accepted: 9, compared: 10 }));
    const gathered = Array.from({ length: 100 }, (_, person) => ({
      accepted: person < 10 ? 0 : 10,
      compared: 10,
    }));
    expect(identityBootstrap(spread)).toEqual({ low: 0.9, high: 0.9 });
    const { low, high } = identityBootstrap(gathered);
    // The binomial with 100 draws at 0.9 has its 2.5 % and 97.5 % points at 0.84 and 0.95.
    expect(low).toBeCloseTo(0.84, 1);
    expect(high).toBeCloseTo(0.95, 1);
    expect(identityBootstrap(gathered)).toEqual({ low, high });
  });
});

it('all cross pairs are compared once, by the name of the person', () => {
  const unit = (...values: number[]) => Float32Array.from(values);
  const compared = crossComparisons([
    { identity: 'ada', template: unit(1, 0) },
    { identity: 'ada', template: unit(0.6, 0.8) },
    { identity: 'bob', template: unit(0, 1) },
    { identity: 'bob', template: null },
  ]);
  expect(compared.genuineTotal).toBe(2);
  expect(compared.people).toEqual(
    new Map([
      ['ada', [expect.closeTo(0.6, 6)]],
      ['bob', [null]],
    ]),
  );
  expect(compared.impostor.total).toBe(2);
  expect(compared.impostor.countFrom(0.7)).toBe(1);
});

it('principal directions of vectors are those of their mean squares', () => {
  const vectors = [
    [3, 4, 0],
    [-3, -4, 0],
    [4, -3, 0],
    [0, 0, 1],
  ].map((vector) => Float32Array.from(vector));
  const { directions, meanSquares } = principalDirections(vectors, 2);
  const [first, second] = directions.map((direction) => Array.from(direction, Math.abs));
  expect(first).toEqual([0.6, 0.8, 0].map((value) => expect.closeTo(value, 6) as number));
  expect(second).toEqual([0.8, 0.6, 0].map((value) => expect.closeTo(value, 6) as number));
  expect(meanSquares).toEqual([expect.closeTo(12.5, 6), expect.closeTo(6.25, 6)]);
});

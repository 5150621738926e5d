import { expect, it } from 'vitest';
import { inRanges } from '../../src/database/repositories/paging/in-ranges.js';

const keys = Array.from({ length: 100 }, (_, place) => String(place).padStart(3, '0'));

/** The keys divisible by `factor`, searched in ranges of ten keys. */
function multiples(factor: number, after: string, first: number): Promise<string[]> {
  return inRanges(
    { after, first },
    (from) => Promise.resolve(keys.filter((key) => key > from)[9]),
    ({ after: from, upTo }) =>
      Promise.resolve(
        keys.filter((key) => key > from && (upTo === undefined || key <= upTo) && Number(key) % factor === 0),
      ),
  );
}

it.each([
  [1, '', 1000, 100],
  [33, '', 1000, 4],
  [33, '033', 1000, 2],
  [7, '', 3, 3],
  [1, '099', 5, 0],
])(
  'finds what a search at once would: multiples of %d after "%s", at most %d',
  async (factor, after, first, count) => {
    const found = await multiples(factor, after, first);
    const expected = keys.filter((key) => key > after && Number(key) % factor === 0).slice(0, first);
    expect(found).toEqual(expected);
    expect(found).toHaveLength(count);
  },
);

import { describe, expect, it } from 'vitest';
import { identityOf, type ImageFile } from '../../tools/evaluate/templates/image-folder.js';
import { readPairs } from '../../tools/evaluate/pairs.js';
import { UsageError } from '../../tools/evaluate/usage-error.js';

function images(...names: string[]): ImageFile[] {
  return names.map((name) => ({ name, path: name, identity: identityOf(name), size: 1, modifiedMs: 1 }));
}

const flat = images('Ada_0001.jpg', 'Ada_0002.jpg', 'Bob_0001.jpg', 'Eve_Poe_0012.jpg');
const folders = images(
  'Ada/Ada_0001.jpg',
  'Ada/Ada_0002.jpg',
  'Bob/Bob_0001.jpg',
  'Eve_Poe/Eve_Poe_0012.jpg',
);

const read = (text: string, files: readonly ImageFile[]) =>
  readPairs(text, files).map(({ first, second, same, fold }) => [first.name, second.name, same, fold]);

it.each([
  ['Ada_0001.jpg', 'Ada'],
  ['Eve_Poe_0012.jpeg', 'Eve_Poe'],
  ['Eve_Poe/portrait.png', 'Eve_Poe'],
  ['stranger.webp', 'stranger'],
])('%s shows %s', (name, identity) => {
  expect(identityOf(name)).toBe(identity);
});

describe('a csv of pairs', () => {
  it('is dealt out to folds, each kind by itself', () => {
    const rows = ['first,second,same', 'Ada_0001.jpg,Ada_0002.jpg,1', 'Ada_0001.jpg, Bob_0001.jpg ,0', ''];
    expect(read(rows.join('\r\n'), flat)).toEqual([
      ['Ada_0001.jpg', 'Ada_0002.jpg', true, 0],
      ['Ada_0001.jpg', 'Bob_0001.jpg', false, 0],
    ]);
    const twelve = ['first,second,same', ...Array.from({ length: 12 }, () => 'Ada_0001.jpg,Bob_0001.jpg,0')];
    expect(readPairs(twelve.join('\n'), flat).map(({ fold }) => fold)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1,
    ]);
  });

  it.each([
    ['first,second,same\nAda_0001.jpg,Bob_0001.jpg,2', 'Line 2'],
    ['first,second,same\nAda_0001.jpg,Ada_0002.jpg,1\nAda_0001.jpg,1', 'Line 3'],
    ['first,second,same\nAda_0001.jpg,Zoe_0001.jpg,0', 'Zoe_0001.jpg in line 2'],
    ['first,second,same\n', 'empty'],
    ['Ada_0001.jpg,Ada_0002.jpg,1', 'heading'],
  ])('that is wrong is refused with its line: %j', (text, message) => {
    expect(() => readPairs(text, flat)).toThrow(UsageError);
    expect(() => readPairs(text, flat)).toThrow(message);
  });
});

describe("LFW's pairs.txt", () => {
  const text = '2\t1\nAda\t1\t2\nAda\t1\tBob\t1\nAda\t2\t1\nEve_Poe\t12\tBob\t1\n';

  it.each([
    ['in one folder', flat, ['Ada_0001.jpg', 'Ada_0002.jpg', 'Bob_0001.jpg', 'Eve_Poe_0012.jpg']],
    ['in folders of people', folders, folders.map(({ name }) => name)],
  ])('has its own folds: %s', (_, files, [one, two, bob, eve]) => {
    expect(read(text, files)).toEqual([
      [one, two, true, 0],
      [one, bob, false, 0],
      [two, one, true, 1],
      [eve, bob, false, 1],
    ]);
  });

  it('of the development set, with one number in its heading, is a single fold', () => {
    const pairs = readPairs('1\nAda\t1\t2\nAda\t1\tBob\t1\n', flat);
    expect(pairs.map(({ fold }) => fold)).toEqual([0, 0]);
  });

  it('that is wrong is refused with its line', () => {
    expect(() => readPairs('1\t1\nAda\t1\n', flat)).toThrow('Line 2');
    expect(() => readPairs('1\t1\nAda\t1\tx\n', flat)).toThrow('Line 2');
  });

  it('does not guess between pictures of one name', () => {
    expect(() => readPairs('1\t1\nAda\t1\t2\n', [...folders, ...images('old/Ada_0001.jpg')])).toThrow(
      'Ada_0001 in line 2 of the pairs is the name of several pictures',
    );
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { assertUserId } from '../../src/users/user-id.js';

const check = (id: string) => () => {
  assertUserId(id);
};

it.each([
  ['one letter', 'a'],
  ['a space', ' '],
  ['255 letters', 'x'.repeat(255)],
  ['255 emoji, 510 UTF-16 units', '\u{1f600}'.repeat(255)],
  ['right-to-left text', '\u05d0\u05d1'],
  ['punctuation', "../o'hara%_;--<>\\"],
])('accepts %s', (_, id) => {
  expect(check(id)).not.toThrow();
});

it.each([
  ['nothing', ''],
  ['256 letters', 'x'.repeat(256)],
  ['256 emoji', '\u{1f600}'.repeat(256)],
  ['a line feed at the end', 'ada\n'],
  ['a null character', 'a\0b'],
  ['an escape character', '\u001b[31m'],
  ['a delete character', '\u007f'],
  ['a C1 control character', '\u0085'],
  ['half a surrogate pair', 'a\ud83d'],
  ['a surrogate pair the wrong way round', '\ude00\ud83d'],
])('refuses %s', (_, id) => {
  expect(check(id)).toThrow(expect.objectContaining({ code: 'BAD_ID' }));
});

it('accepts exactly the well-formed texts without control characters', () => {
  const point = fc.oneof(
    fc.integer({ min: 0, max: 0x10_ffff }),
    fc.integer({ min: 0, max: 0xff }),
    fc.integer({ min: 0xd800, max: 0xdfff }),
  );
  fc.assert(
    fc.property(fc.array(point, { minLength: 1, maxLength: 8 }), (drawn) => {
      const id = String.fromCodePoint(...drawn);
      const acceptable = Array.from(id, (character) => character.codePointAt(0) ?? 0).every(
        (code) => code >= 0x20 && !(code >= 0x7f && code <= 0x9f) && !(code >= 0xd800 && code <= 0xdfff),
      );
      if (acceptable) expect(check(id)).not.toThrow();
      else expect(check(id)).toThrow();
    }),
  );
});

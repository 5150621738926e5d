import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EnvelopeError, open, seal } from '../../src/protection/envelope.js';

const key = randomBytes(32);
const plain = Buffer.from('a template');
const context = ['template', 'ada', '1'];

describe('an envelope', () => {
  it('opens with the same key and context, and hides what is in it', () => {
    const sealed = seal(key, plain, context);
    expect(sealed).toHaveLength(1 + 12 + plain.length + 16);
    expect(Buffer.from(sealed).includes(plain)).toBe(false);
    expect(Buffer.from(open(key, sealed, context))).toEqual(plain);
  });

  it('holds nothing as well as much', () => {
    for (const size of [0, 1, 3_000_000]) {
      const bytes = Buffer.alloc(size, 7);
      expect(Buffer.from(open(key, seal(key, bytes, context), context)).equals(bytes)).toBe(true);
    }
  });

  it('is another one each time', () => {
    expect(seal(key, plain, context)).not.toEqual(seal(key, plain, context));
  });

  it('does not open with another key', () => {
    expect(() => open(randomBytes(32), seal(key, plain, context), context)).toThrow(EnvelopeError);
  });

  it.each([
    ['another part', ['template', 'bob', '1']],
    ['a part less', ['template', 'ada']],
    ['parts that join to the same text', ['template', 'ada1', '']],
    ['parts cut elsewhere', ['templatea', 'da', '1']],
    ['parts in another order', ['ada', 'template', '1']],
  ])('does not open in a context with %s', (_, other) => {
    expect(() => open(key, seal(key, plain, context), other)).toThrow(EnvelopeError);
  });

  it('does not open when any of its bits was changed', () => {
    const sealed = seal(key, plain, context);
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => open(key, changed, context)).toThrow(EnvelopeError);
    }
  });

  it('does not open when it was cut or has more', () => {
    const sealed = seal(key, plain, context);
    for (let length = 0; length < sealed.length; length += 1)
      expect(() => open(key, sealed.subarray(0, length), context)).toThrow(EnvelopeError);
    expect(() => open(key, Buffer.concat([sealed, Buffer.of(0)]), context)).toThrow(EnvelopeError);
  });
});

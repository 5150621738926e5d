import fc from 'fast-check';

/** One way to damage a picture. */
export type Mutation =
  | { readonly kind: 'flip bits'; readonly places: readonly (readonly [at: number, bit: number])[] }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'splice'; readonly at: number; readonly from: number; readonly length: number }
  | { readonly kind: 'drop'; readonly at: number; readonly length: number }
  | { readonly kind: 'overwrite'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'number'; readonly at: number; readonly value: number; readonly size: 1 | 2 | 4 };

/** Where in the file, 0 to 1; half of them near its beginning, where the structure is. */
const place = fc.oneof(
  fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  fc.double({ min: 0, max: 0.05, noNaN: true }),
);

/** Numbers that length and size fields break at. */
const number = fc.constantFrom(0, 1, 2, 7, 0x7f, 0xff, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0xffffffff);

export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('flip bits' as const),
      places: fc.array(fc.tuple(place, fc.integer({ min: 0, max: 7 })), { minLength: 1, maxLength: 12 }),
    }),
    fc.record({ kind: fc.constant('cut' as const), at: place }),
    fc.record({
      kind: fc.constant('splice' as const),
      at: place,
      from: place,
      length: fc.integer({ min: 1, max: 4096 }),
    }),
    fc.record({ kind: fc.constant('drop' as const), at: place, length: fc.integer({ min: 1, max: 512 }) }),
    fc.record({
      kind: fc.constant('overwrite' as const),
      at: place,
      bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }),
    }),
    fc.record({
      kind: fc.constant('number' as const),
      at: place,
      value: number,
      size: fc.constantFrom(1, 2, 4),
    }),
  ),
  { minLength: 1, maxLength: 4 },
);

/**
 * Damages a picture.
 * @param kept bytes at its beginning that stay, so that the decoder gets to see it.
 */
export function mutated(picture: Buffer, changes: readonly Mutation[], kept: number): Buffer {
  return Buffer.concat([
    picture.subarray(0, kept),
    changes.reduce<Buffer>(mutate, Buffer.from(picture.subarray(kept))),
  ]);
}

function mutate(bytes: Buffer, change: Mutation): Buffer {
  const offset = (part: number) => Math.floor(part * bytes.length);
  switch (change.kind) {
    case 'flip bits':
      for (const [at, bit] of change.places) {
        const byte = bytes[offset(at)];
        if (byte !== undefined) bytes[offset(at)] = byte ^ (1 << bit);
      }
      return bytes;
    case 'cut':
      return bytes.subarray(0, offset(change.at));
    case 'splice': {
      const piece = bytes.subarray(offset(change.from), offset(change.from) + change.length);
      const at = offset(change.at);
      return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
    }
    case 'drop': {
      const at = offset(change.at);
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + change.length)]);
    }
    case 'overwrite':
      bytes.set(change.bytes.subarray(0, bytes.length - offset(change.at)), offset(change.at));
      return bytes;
    case 'number': {
      const at = Math.min(offset(change.at), bytes.length - change.size);
      if (at >= 0) bytes.writeUIntBE(change.value % 2 ** (8 * change.size), at, change.size);
      return bytes;
    }
  }
}

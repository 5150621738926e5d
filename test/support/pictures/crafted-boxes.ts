/** A box of the ISO base media file format (ISO/IEC 14496-12). */
export function box(type: string, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8, type, 'latin1');
  head.writeUInt32BE(body.length + 8, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

/** A box with version and flags. */
export function fullBox(type: string, ...content: readonly Buffer[]): Buffer {
  return box(type, Buffer.alloc(4), ...content);
}

/** What stands at the beginning of every AVIF file; another brand makes it another format. */
export function fileType(brand: string, ...compatible: readonly string[]): Buffer {
  return box(
    'ftyp',
    Buffer.from(brand, 'latin1'),
    Buffer.alloc(4),
    Buffer.from(compatible.join(''), 'latin1'),
  );
}

/** An AVIF file whose metadata holds boxes in boxes. */
export function nestedAvif(type: string, depth: number): Buffer {
  const boxes = Buffer.alloc(8 * depth, `....${type}`, 'latin1');
  for (let level = 0; level < depth; level += 1) boxes.writeUInt32BE(8 * (depth - level), 8 * level);
  return Buffer.concat([fileType('avif', 'mif1'), fullBox('meta', boxes)]);
}

/** The same AVIF file with another size in its spatial extents. */
export function avifClaiming(avif: Buffer, width: number, height: number): Buffer {
  const copy = Buffer.from(avif);
  for (let at = copy.indexOf('ispe'); at >= 0; at = copy.indexOf('ispe', at + 4)) {
    copy.writeUInt32BE(width, at + 8);
    copy.writeUInt32BE(height, at + 12);
  }
  return copy;
}

/** A RIFF file of the given chunks, such as WebP is. */
export function riff(form: string, ...chunks: readonly (readonly [type: string, data: Buffer])[]): Buffer {
  const pieces = chunks.flatMap(([type, data]) => {
    const head = Buffer.alloc(8, type, 'latin1');
    head.writeUInt32LE(data.length, 4);
    return [head, data, Buffer.alloc(data.length % 2)];
  });
  const body = Buffer.concat([Buffer.from(form, 'latin1'), ...pieces]);
  const head = Buffer.alloc(8, 'RIFF', 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}

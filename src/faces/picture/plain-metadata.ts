import { EXIF_PREFIX, orientationBlock, readOrientation } from './exif-orientation.js';
import type { ImageMediaType } from './media-type.js';

/** A part of the file, from its first byte to the one after its last. */
interface Span {
  readonly start: number;
  readonly end: number;
  /** Where the EXIF block begins, at its byte order. */
  readonly block: number;
}

/**
 * The same picture with the orientation alone for EXIF. libvips reads all of EXIF at every opening, and its reader
 * follows directories that point at each other: 3 KB can keep it busy for half a minute.
 * @returns the bytes themselves when they hold no EXIF.
 */
export function withPlainMetadata(bytes: Uint8Array, mediaType: ImageMediaType): Buffer {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (mediaType) {
    case 'image/jpeg':
      return replaced(file, jpegExif(file), jpegSegment);
    case 'image/png':
      return replaced(file, pngExif(file), pngChunk);
    case 'image/webp':
      return withRiffLength(replaced(file, webpExif(file), webpChunk), file);
    case 'image/avif':
      return withoutExifItems(file);
  }
}

/** Drops every span and puts one plain block in place of the first. */
function replaced(file: Buffer, spans: readonly Span[], wrap: (block: Buffer) => Buffer): Buffer {
  const [first] = spans;
  if (first === undefined) return file;
  const pieces: Buffer[] = [];
  let at = 0;
  for (const span of spans) {
    pieces.push(file.subarray(at, span.start));
    if (span === first)
      pieces.push(wrap(orientationBlock(readOrientation(file.subarray(span.block, span.end)))));
    at = span.end;
  }
  return Buffer.concat([...pieces, file.subarray(at)]);
}

/** Walks as libjpeg does, which passes over bytes that belong to no segment; nothing behind the first scan counts. */
function jpegExif(file: Buffer): Span[] {
  const spans: Span[] = [];
  let at = 2;
  for (;;) {
    while (at < file.length && file[at] !== 0xff) at += 1;
    while (file[at] === 0xff) at += 1;
    const marker = file[at];
    if (marker === undefined || marker === 0xda || marker === 0xd9) return spans;
    // Stuffed bytes, restarts and TEM have no length.
    if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd7)) continue;
    if (at + 3 > file.length) return spans;
    const end = Math.min(at + 1 + Math.max(2, file.readUInt16BE(at + 1)), file.length);
    if (marker === 0xe1 && file.toString('latin1', at + 3, at + 7) === 'Exif')
      spans.push({ start: at - 1, end, block: Math.min(at + 3 + EXIF_PREFIX.length, end) });
    at = end;
  }
}

function jpegSegment(block: Buffer): Buffer {
  const data = Buffer.concat([Buffer.from(EXIF_PREFIX, 'latin1'), block]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

function pngExif(file: Buffer): Span[] {
  const spans: Span[] = [];
  let at = 8;
  while (at + 12 <= file.length) {
    const end = at + 12 + file.readUInt32BE(at);
    if (file.toString('latin1', at + 4, at + 8) === 'eXIf')
      spans.push({ start: at, end: Math.min(end, file.length), block: at + 8 });
    at = end;
  }
  return spans;
}

function pngChunk(block: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from('eXIf', 'latin1'), block]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(block.length);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

/** PNG specification, annex D; zlib.crc32 came with Node 20.15. */
function crc32(data: Buffer): number {
  let checksum = 0xffffffff;
  for (const byte of data) {
    checksum ^= byte;
    for (let bit = 0; bit < 8; bit++)
      checksum = checksum & 1 ? (checksum >>> 1) ^ 0xedb88320 : checksum >>> 1;
  }
  return (checksum ^ 0xffffffff) >>> 0;
}

function webpExif(file: Buffer): Span[] {
  const spans: Span[] = [];
  let at = 12;
  while (at + 8 <= file.length) {
    const length = file.readUInt32LE(at + 4);
    const end = at + 8 + length + (length % 2);
    if (file.toString('latin1', at, at + 4) === 'EXIF') {
      // Some programs write the prefix of JPEG files here too.
      const prefixed = file.toString('latin1', at + 8, at + 14) === EXIF_PREFIX;
      spans.push({ start: at, end: Math.min(end, file.length), block: at + 8 + (prefixed ? 6 : 0) });
    }
    at = end;
  }
  return spans;
}

function webpChunk(block: Buffer): Buffer {
  const head = Buffer.from('EXIF\0\0\0\0', 'latin1');
  head.writeUInt32LE(block.length, 4);
  return Buffer.concat([head, block]);
}

/** Bytes behind the end of the picture stay behind it. */
function withRiffLength(changed: Buffer, file: Buffer): Buffer {
  if (changed !== file) changed.writeUInt32LE(file.readUInt32LE(4) + changed.length - file.length, 4);
  return changed;
}

/** AVIF has its orientation in boxes of its own; its EXIF items get a type that nobody reads. */
function withoutExifItems(file: Buffer): Buffer {
  let copy: Buffer | undefined;
  for (let at = file.indexOf('infe'); at >= 0; at = file.indexOf('infe', at + 4)) {
    // The item's number has 2 bytes in version 2 of the box and 4 in version 3: ISO/IEC 14496-12, 8.11.6.
    const type = at + (file[at + 4] === 3 ? 14 : 12);
    if (file.toString('latin1', type, type + 4) !== 'Exif') continue;
    copy ??= Buffer.from(file);
    copy.write('none', type, 'latin1');
  }
  return copy ?? file;
}

import { deflateSync } from 'node:zlib';

/** Signature and header chunk. */
const HEADER_END = 8 + 12 + 13;

/** A PNG file with one bit per pixel, all black, whatever its header claims. */
export function craftedPng(options: {
  width: number;
  height: number;
  /** Rows of pixels that the file holds. */
  rows: number;
  extraChunks?: readonly Buffer[];
}): Buffer {
  const { width, height, rows, extraChunks = [] } = options;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 1;
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk('IHDR', header),
    ...extraChunks,
    pngChunk('IDAT', deflateSync(Buffer.alloc(rows * (1 + Math.ceil(width / 8))))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Keyword, and what else stands before the compressed data. */
const bombHeads = { zTXt: 'a\0\0', iCCP: 'a\0\0', iTXt: 'a\0\u0001\0\0\0' } as const;

/** A text or profile chunk that inflates to `size` zeros. */
export function inflateBomb(type: keyof typeof bombHeads, size: number): Buffer {
  const head = Buffer.from(bombHeads[type], 'latin1');
  return pngChunk(type, Buffer.concat([head, deflateSync(Buffer.alloc(size))]));
}

/** Puts chunks behind the header of a PNG file. */
export function withChunks(png: Buffer, ...chunks: readonly Buffer[]): Buffer {
  return Buffer.concat([png.subarray(0, HEADER_END), ...chunks, png.subarray(HEADER_END)]);
}

export function pngChunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
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

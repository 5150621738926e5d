const ORIENTATION = 0x0112;
const SHORT = 3;

/** How EXIF begins in a JPEG file: CIPA DC-008, 4.7.2. */
export const EXIF_PREFIX = 'Exif\0\0';

/**
 * Orientation out of the first directory of an EXIF block, CIPA DC-008, 4.6.4; nothing else of it is looked at.
 * @param block from the byte order on.
 * @returns 1 to 8; 1 when there is none.
 */
export function readOrientation(block: Uint8Array): number {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  if (view.byteLength < 14) return 1;
  const littleEndian = view.getUint16(0) === 0x4949;
  const directory = view.getUint32(4, littleEndian);
  if (directory + 2 > view.byteLength) return 1;
  const end = Math.min(directory + 2 + 12 * view.getUint16(directory, littleEndian), view.byteLength - 11);
  for (let entry = directory + 2; entry < end; entry += 12) {
    if (view.getUint16(entry, littleEndian) !== ORIENTATION) continue;
    const value = view.getUint16(entry + 8, littleEndian);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** An EXIF block that says the orientation and nothing else, from the byte order on. */
export function orientationBlock(orientation: number): Buffer {
  const block = Buffer.alloc(26);
  block.write('MM\0*', 'latin1');
  block.writeUInt32BE(8, 4);
  block.writeUInt16BE(1, 8);
  block.writeUInt16BE(ORIENTATION, 10);
  block.writeUInt16BE(SHORT, 12);
  block.writeUInt32BE(1, 14);
  block.writeUInt16BE(orientation, 18);
  return block;
}

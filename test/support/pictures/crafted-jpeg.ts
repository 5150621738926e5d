const START_OF_SCAN = 0xda;
const startOfFrame = [0xc0, 0xc1, 0xc2];

/** Most bytes of a segment after its length. */
const MAX_SEGMENT = 65_533;

interface Segment {
  readonly marker: number;
  /** Where its marker begins. */
  readonly start: number;
  /** Where the next marker begins; entropy-coded data belongs to the scan before it. */
  readonly end: number;
}

/** The same JPEG file with another size in its header. */
export function jpegClaiming(jpeg: Buffer, width: number, height: number): Buffer {
  const copy = Buffer.from(jpeg);
  const frame = segmentsOf(copy).find(({ marker }) => startOfFrame.includes(marker));
  if (frame === undefined) throw new Error('The JPEG file has no frame header.');
  copy.writeUInt16BE(height, frame.start + 5);
  copy.writeUInt16BE(width, frame.start + 7);
  return copy;
}

/** The same JPEG file with its last scan said `times` times. */
export function jpegRepeatingScan(jpeg: Buffer, times: number): Buffer {
  const scan = segmentsOf(jpeg).findLast(({ marker }) => marker === START_OF_SCAN);
  if (scan === undefined) throw new Error('The JPEG file has no scan.');
  const bytes = jpeg.subarray(scan.start, scan.end);
  const repeated = Array.from({ length: times }, () => bytes);
  return Buffer.concat([jpeg.subarray(0, scan.start), ...repeated, jpeg.subarray(scan.end)]);
}

/** Puts application segments that hold `bytes` behind the start of a JPEG file, as many as they need. */
export function jpegWithSegments(jpeg: Buffer, application: number, prefix: string, bytes: Buffer): Buffer {
  const pieces: Buffer[] = [];
  const room = MAX_SEGMENT - prefix.length;
  for (let at = 0; at < bytes.length; at += room) {
    const data = Buffer.concat([Buffer.from(prefix, 'latin1'), bytes.subarray(at, at + room)]);
    const head = Buffer.from([0xff, 0xe0 + application, 0, 0]);
    head.writeUInt16BE(data.length + 2, 2);
    pieces.push(head, data);
  }
  return Buffer.concat([jpeg.subarray(0, 2), ...pieces, jpeg.subarray(2)]);
}

function segmentsOf(jpeg: Buffer): Segment[] {
  const segments: Segment[] = [];
  let at = 2;
  while (at + 4 <= jpeg.length && jpeg[at + 1] !== 0xd9) {
    const marker = jpeg.readUInt8(at + 1);
    let end = at + 2 + jpeg.readUInt16BE(at + 2);
    // In entropy-coded data 0xff is followed by 0, or by a restart marker.
    if (marker === START_OF_SCAN)
      while (end < jpeg.length && (jpeg[end] !== 0xff || isInside(jpeg[end + 1]))) end += 1;
    segments.push({ marker, start: at, end });
    at = end;
  }
  return segments;
}

function isInside(following: number | undefined): boolean {
  return following === 0 || (following !== undefined && following >= 0xd0 && following <= 0xd7);
}

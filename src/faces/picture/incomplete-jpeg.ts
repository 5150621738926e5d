const startOfScan = Buffer.of(0xff, 0xda);
const endOfImage = Buffer.of(0xff, 0xd9);

/**
 * Gives a JPEG file that was cut off the end marker it lacks, as files of network cameras and broken uploads do: without
 * it the decoder refuses what has arrived. Zeros behind the cut, which would be decoded as a picture, are taken off.
 * @returns null for a file that has its end. Neither marker occurs inside of coded pixels.
 */
export function completedJpeg(encoded: Uint8Array): Uint8Array | null {
  const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  if (bytes.lastIndexOf(endOfImage) > bytes.lastIndexOf(startOfScan)) return null;
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return Buffer.concat([bytes.subarray(0, end), endOfImage]);
}

/** Embedding as little-endian float32, 4 bytes a dimension: the form it has in every database. */
export function encodeVector(vector: Float32Array): Uint8Array {
  const bytes = new Uint8Array(vector.length * 4);
  const view = new DataView(bytes.buffer);
  vector.forEach((value, position) => {
    view.setFloat32(position * 4, value, true);
  });
  return bytes;
}

/** @throws RangeError when the bytes are no whole number of float32. */
export function decodeVector(bytes: Uint8Array): Float32Array {
  if (bytes.length % 4 !== 0) throw new RangeError(`A template of ${bytes.length} bytes is damaged.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.length / 4 }, (_, position) =>
    view.getFloat32(position * 4, true),
  );
}

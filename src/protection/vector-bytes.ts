import { endianness } from 'node:os';

const bytesPerValue = Float32Array.BYTES_PER_ELEMENT;
const hostIsLittleEndian = endianness() === 'LE';

/** Embedding as little-endian float32, 4 bytes a dimension: the form it has in every database. */
export function encodeVector(vector: Float32Array): Uint8Array {
  return inOtherOrder(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength).slice());
}

/** @throws RangeError when the bytes are no whole number of float32. */
export function decodeVector(bytes: Uint8Array): Float32Array {
  if (bytes.length % bytesPerValue !== 0)
    throw new RangeError(`A template of ${bytes.length} bytes is damaged.`);
  // A copy: drivers hand out views of larger buffers, which need not begin at a multiple of four bytes.
  const own = inOtherOrder(Uint8Array.from(bytes));
  return new Float32Array(own.buffer, own.byteOffset, own.length / bytesPerValue);
}

/** Changes nothing where the host itself is little-endian, as nearly all are. */
function inOtherOrder(bytes: Uint8Array): Uint8Array {
  return hostIsLittleEndian ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).swap32();
}

import type { ImageMediaType } from './media-type.js';

const jpeg = [0xff, 0xd8, 0xff];
const png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** ISO/IEC 23008-12: still pictures and sequences coded with HEVC. */
const heicBrands = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']);

/** Brands beyond this many bytes of the file type box are not looked at. */
const MAX_BRAND_BYTES = 256;

/** Tells the four accepted formats by their first bytes; null for everything else. */
export function sniffMediaType(bytes: Uint8Array): ImageMediaType | null {
  if (startsWith(bytes, jpeg)) return 'image/jpeg';
  if (startsWith(bytes, png)) return 'image/png';
  if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 12) === 'WEBP') return 'image/webp';
  if (isAvif(bytes)) return 'image/avif';
  return null;
}

/** Whether it is the format that iPhones take pictures in by default, which is not read here. */
export function isHeic(bytes: Uint8Array): boolean {
  return brandsOf(bytes).some((brand) => heicBrands.has(brand));
}

function isAvif(bytes: Uint8Array): boolean {
  return brandsOf(bytes).some((brand) => brand === 'avif' || brand === 'avis');
}

/** The major brand and the compatible ones of an ISO/IEC 14496-12 file type box. */
function brandsOf(bytes: Uint8Array): string[] {
  if (bytes.length < 16 || ascii(bytes, 4, 8) !== 'ftyp') return [];
  const boxSize = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const end = Math.min(boxSize, bytes.length, MAX_BRAND_BYTES);
  const brands: string[] = [];
  // Between the two stands the version.
  for (let at = 8; at + 4 <= end; at += 4) if (at !== 12) brands.push(ascii(bytes, at, at + 4));
  return brands;
}

function startsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, index) => bytes[index] === byte);
}

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

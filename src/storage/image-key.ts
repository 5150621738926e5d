import { uuidv7 } from 'uuidv7';
import type { ImageMediaType } from '../faces/picture/media-type.js';

const extensions: Record<ImageMediaType, string> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/avif': 'avif',
};

const KEY_SHAPE = /^[0-9a-f]{2}\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(?:jpg|png|webp|avif)$/;

/**
 * A new key of the form `ab/<uuidv7>.jpg`. Neither the user's id nor a hash of the picture: an id could climb out
 * of the folder, and equal hashes would tell equal pictures.
 */
export function createImageKey(mediaType: ImageMediaType): string {
  const id = uuidv7();
  // The first digits are the time, the same for weeks; only the last ones are random.
  return `${id.slice(-2)}/${id}.${extensions[mediaType]}`;
}

export function isImageKey(key: string): boolean {
  return KEY_SHAPE.test(key);
}

/** @throws RangeError for anything but a key made here. */
export function assertImageKey(key: string): void {
  if (!isImageKey(key)) throw new RangeError('This is not the key of an image file.');
}

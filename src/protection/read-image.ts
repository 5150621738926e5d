import type { ImageStore } from '../storage/image-store.js';
import type { ProtectionRepository } from './protection-repository.js';

export interface ReadImageSources {
  readonly images: Pick<ImageStore, 'get'>;
  readonly protection: Pick<ProtectionRepository, 'keyOf'>;
}

/**
 * The picture in a user's image file.
 * @param image.key blob key of the file.
 * @throws EnvelopeError when it does not open, or what the image store throws.
 */
export async function readImage(
  image: { readonly userId: string; readonly key: string },
  { images, protection }: ReadImageSources,
): Promise<Uint8Array> {
  const key = await protection.keyOf(image.userId);
  const stored = await images.get(image.key);
  return key === null ? stored : key.openImage(image.key, stored);
}

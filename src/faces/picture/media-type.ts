/** Media types accepted by signature; anything else is IMAGE_UNSUPPORTED. */
export type ImageMediaType = 'image/jpeg' | 'image/png' | 'image/webp' | 'image/avif';

import { ServiceError } from '../errors.js';
import type { ExtractedFace, FaceService } from '../faces/face-service.js';

/**
 * The face in a picture, unless the client went away.
 * @throws ServiceError CANCELLED, or what FaceService.extract throws.
 */
export async function readFace(
  faces: FaceService,
  image: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<ExtractedFace> {
  throwIfCancelled(signal);
  const face = await faces.extract(image, signal ? { signal } : {});
  throwIfCancelled(signal);
  return face;
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ServiceError('CANCELLED');
}

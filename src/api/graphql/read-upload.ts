import { ServiceError } from '../../errors.js';
import type { ImageUpload } from './image-upload.js';

function hasStatus(error: unknown): error is Error & { status: number } {
  return error instanceof Error && 'status' in error && typeof error.status === 'number';
}

/** What graphql-upload-ts reports by http-errors, in terms of the catalogue; anything else stays unexpected. */
function uploadFailure(error: unknown): unknown {
  if (error instanceof ServiceError || !hasStatus(error)) return error;
  switch (error.status) {
    case 413:
      return new ServiceError('IMAGE_TOO_LARGE', { cause: error });
    case 499:
      return new ServiceError('CANCELLED', { cause: error });
    case 400:
      return new ServiceError('BAD_REQUEST', { message: error.message, cause: error });
    default:
      return error;
  }
}

/**
 * Reads the whole picture into memory. Call it before anything that can fail: an upload that is never read blocks
 * its connection until the time limit.
 * @throws ServiceError IMAGE_TOO_LARGE above `maxBytes`, CANCELLED, BAD_REQUEST when the file never came.
 */
export async function readUpload(upload: ImageUpload, maxBytes: number): Promise<Uint8Array> {
  if (upload.kind === 'received') {
    if (upload.bytes.length > maxBytes) throw new ServiceError('IMAGE_TOO_LARGE');
    return upload.bytes;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    const file = await upload.file;
    const stream: AsyncIterable<Buffer> = file.createReadStream();
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > maxBytes) throw new ServiceError('IMAGE_TOO_LARGE');
      chunks.push(chunk);
    }
  } catch (error) {
    throw uploadFailure(error);
  }
  return Buffer.concat(chunks, size);
}

import { ServiceError } from '../../../errors.js';
import { messages } from '../../messages.js';
import type { MemoryAccount } from '../../middleware/memory-budget.js';
import { readStream } from '../../read-stream.js';
import type { ImageUpload } from './image-upload.js';

/** As much as a socket gives at once; the default reads the temporary file in four times as many steps. */
const CHUNK_BYTES = 65_536;

/** What graphql-upload-ts, its parser and the temporary file report, in terms of the catalogue. */
function uploadFailure(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ServiceError) return error;
  if ('syscall' in error) return new ServiceError('UNAVAILABLE', { cause: error });
  if (/^Unexpected end of (form|file)$/.test(error.message))
    return new ServiceError('BAD_REQUEST', { message: messages.malformedForm, cause: error });
  switch ('status' in error ? error.status : undefined) {
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
 * @throws ServiceError IMAGE_TOO_LARGE above `maxBytes`, OVERLOADED, CANCELLED, UNAVAILABLE, BAD_REQUEST when the
 *   file never came whole.
 */
export async function readUpload(
  upload: ImageUpload,
  maxBytes: number,
  memory: MemoryAccount,
): Promise<Uint8Array> {
  if (upload.kind === 'received') return upload.bytes;
  try {
    const file = await upload.file;
    return await readStream(file.createReadStream({ highWaterMark: CHUNK_BYTES }), maxBytes, memory);
  } catch (error) {
    throw uploadFailure(error);
  }
}

import type { RequestHandler } from 'express';
import { processRequest, Upload } from 'graphql-upload-ts';
import { ServiceError } from '../../../errors.js';
import { messages } from '../../messages.js';
import { maxImages, imagesOf } from '../operations/operation-limits.js';

/** Largest `operations` or `map` part, and largest JSON body, in bytes. */
export const MAX_DOCUMENT_BYTES = 100_000;

/** What boundaries, part headers and the two JSON parts may add to the pictures. */
const MULTIPART_OVERHEAD_BYTES = 2 * MAX_DOCUMENT_BYTES + 64 * 1024;

/** Receives GraphQL multipart requests; pictures are read by the resolvers. */
export function multipartUploads(maxImageBytes: number): RequestHandler {
  return async (request, response, next) => {
    if (typeof request.is('multipart/form-data') !== 'string') {
      next();
      return;
    }
    const length = Number(request.get('content-length') ?? 0);
    assertLength(length, maxImages * maxImageBytes);
    // An answer given before the picture was read leaves its rest in the socket, in front of the next request.
    response.once('finish', () => {
      request.unpipe();
      request.resume();
    });
    try {
      request.body = await processRequest(request, response, {
        maxFiles: maxImages,
        // The parser reports "too large" at the limit itself.
        maxFileSize: maxImageBytes + 1,
        maxFieldSize: MAX_DOCUMENT_BYTES,
      });
    } catch (error) {
      throw multipartFailure(error);
    }
    assertExpected(request.body, length, maxImageBytes);
    next();
  };
}

/** Holds a request to what its own operation can make use of, before most of its pictures have arrived. */
function assertExpected(body: unknown, length: number, maxImageBytes: number): void {
  const document = typeof body === 'object' && body !== null && 'query' in body ? body.query : null;
  const expected = Math.max(1, typeof document === 'string' ? imagesOf(document) : 0);
  if (countUploads(body) > expected) throw tooManyImages(expected);
  assertLength(length, expected * maxImageBytes);
}

/** Without recursion: a client decides how deep the body is. */
function countUploads(body: unknown): number {
  const uploads = new Set<Upload>();
  const pending = [body];
  while (pending.length > 0) {
    const value = pending.pop();
    if (value instanceof Upload) uploads.add(value);
    else if (typeof value === 'object' && value !== null)
      for (const member of Object.values(value)) pending.push(member);
  }
  return uploads.size;
}

function tooManyImages(most: number, cause?: unknown): ServiceError {
  const message = most === 1 ? 'Send one image with this operation' : `Send at most ${most} images`;
  return new ServiceError('IMAGE_COUNT', { message, cause });
}

function assertLength(length: number, maxImageBytes: number): void {
  if (length > maxImageBytes + MULTIPART_OVERHEAD_BYTES) throw new ServiceError('IMAGE_TOO_LARGE');
}

function multipartFailure(error: unknown): ServiceError {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (!(error instanceof Error) || status === undefined)
    return new ServiceError('BAD_REQUEST', {
      message: messages.malformedForm,
      cause: error,
    });
  if (status === 499) return new ServiceError('CANCELLED', { cause: error });
  if (status !== 413)
    return new ServiceError('BAD_REQUEST', { message: withoutMapEntry(error.message), cause: error });
  return error.message.includes('max file uploads')
    ? tooManyImages(maxImages, error)
    : new ServiceError('REQUEST_TOO_LARGE', { cause: error });
}

/** The parser repeats keys and paths that the client chose. */
function withoutMapEntry(message: string): string {
  return message.replace(/(‘map’ multipart field entry) key .*/s, '$1.');
}

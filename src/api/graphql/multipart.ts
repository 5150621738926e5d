import type { RequestHandler } from 'express';
import { processRequest } from 'graphql-upload-ts';
import { ServiceError } from '../../errors.js';
import { messages } from '../messages.js';

/** Largest `operations` or `map` part, and largest JSON body, in bytes. */
export const maxDocumentBytes = 100_000;

/** What boundaries, part headers and the two JSON parts may add to the picture. */
const multipartOverheadBytes = 2 * maxDocumentBytes + 64 * 1024;

/** Receives GraphQL multipart requests; pictures are read by the resolvers. */
export function multipartUploads(maxImageBytes: number): RequestHandler {
  return async (request, response, next) => {
    if (typeof request.is('multipart/form-data') !== 'string') {
      next();
      return;
    }
    if (Number(request.get('content-length') ?? 0) > maxImageBytes + multipartOverheadBytes)
      throw new ServiceError('IMAGE_TOO_LARGE');
    // An answer given before the picture was read leaves its rest in the socket, in front of the next request.
    response.once('finish', () => {
      request.unpipe();
      request.resume();
    });
    try {
      request.body = await processRequest(request, response, {
        maxFiles: 1,
        // The parser reports "too large" at the limit itself.
        maxFileSize: maxImageBytes + 1,
        maxFieldSize: maxDocumentBytes,
      });
    } catch (error) {
      throw multipartFailure(error);
    }
    next();
  };
}

function multipartFailure(error: unknown): ServiceError {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (!(error instanceof Error) || status === undefined)
    return new ServiceError('BAD_REQUEST', {
      message: messages.malformedForm,
      cause: error,
    });
  if (status === 499) return new ServiceError('CANCELLED', { cause: error });
  if (status !== 413) return new ServiceError('BAD_REQUEST', { message: error.message, cause: error });
  return error.message.includes('max file uploads')
    ? new ServiceError('IMAGE_COUNT', { cause: error })
    : new ServiceError('REQUEST_TOO_LARGE', { cause: error });
}

import { json, urlencoded } from 'express';
import type { Request, RequestHandler } from 'express';
import multer from 'multer';
import { z } from 'zod';
import { ServiceError } from '../../errors.js';
import { messages } from '../messages.js';
import { requireRequest } from '../middleware/request-context.js';
import { BoundedMemoryStorage } from './bounded-memory-storage.js';

/** Everything in a form apart from the picture: boundaries, part headers, text fields. */
const FORM_OVERHEAD_BYTES = 64 * 1024;

const textLimits = {
  fieldNameSize: 100,
  fieldSize: 8 * 1024,
  fields: 10,
  parts: 11,
  headerPairs: 20,
  fieldNestingDepth: 1,
  fieldArrayIndexLimit: 10,
};

/** What multer and its parser report, in terms of the catalogue. */
function formFailure(error: unknown, missing: string): ServiceError {
  if (error instanceof ServiceError) return error;
  if (!(error instanceof multer.MulterError))
    return new ServiceError('BAD_REQUEST', {
      message: messages.malformedForm,
      cause: error,
    });
  switch (error.code) {
    case 'LIMIT_FILE_SIZE':
      return new ServiceError('IMAGE_TOO_LARGE', { cause: error });
    case 'LIMIT_FILE_COUNT':
      return new ServiceError('IMAGE_COUNT', { cause: error });
    case 'LIMIT_UNEXPECTED_FILE':
      return error.field === 'image'
        ? new ServiceError('IMAGE_COUNT', { cause: error })
        : new ServiceError('BAD_REQUEST', { message: missing, cause: error });
    case 'LIMIT_FIELD_VALUE':
      return error.field === 'id'
        ? new ServiceError('BAD_ID', { cause: error })
        : new ServiceError('BAD_REQUEST', { message: missing, cause: error });
    case 'LIMIT_PART_COUNT':
    case 'LIMIT_FIELD_COUNT':
    case 'LIMIT_FIELD_KEY':
    case 'MISSING_FIELD_NAME':
    default:
      return new ServiceError('BAD_REQUEST', {
        message: `The form cannot be used: ${error.message}`,
        cause: error,
      });
  }
}

function receive(parser: RequestHandler, missing: string): RequestHandler {
  return (request, response, next) => {
    assertReadableType(request);
    parser(request, response, (error?: unknown) => {
      if (error === undefined) next();
      else next(formFailure(error, missing));
    });
  };
}

/** A boundary in quotes, or of the characters that need none (RFC 9110, 5.6.2). */
const READABLE_BOUNDARY = /;\s*boundary=(?:"[^"]*"|[!#$%&'*+.^_`|~0-9a-z-]+)\s*(?:;|$)/i;

/** Any other boundary would make the form pass for one without fields. */
function assertReadableType(request: Request): void {
  const type = request.get('content-type') ?? '';
  if (/^\s*multipart\//i.test(type) && /boundary=/i.test(type) && !READABLE_BOUNDARY.test(type))
    throw new ServiceError('BAD_REQUEST', { message: messages.malformedForm });
}

/** Receives a form with one picture in the part `image`, in memory. `missing` is the documented 400 of the route. */
export function imageForm(maxImageBytes: number, missing: string): RequestHandler[] {
  const parser: RequestHandler = (request, response, next) => {
    const storage = new BoundedMemoryStorage(maxImageBytes, requireRequest().memory);
    const limits = { ...textLimits, files: 1, fileSize: maxImageBytes };
    multer({ storage, limits }).single('image')(request, response, next);
  };
  return [refuseOversize(maxImageBytes + FORM_OVERHEAD_BYTES), receive(parser, missing)];
}

// Refused before the first byte is parsed; otherwise the answer would wait for the whole body.
function refuseOversize(maxBytes: number): RequestHandler {
  return (request, _response, next) => {
    if (Number(request.get('content-length') ?? 0) > maxBytes) throw new ServiceError('IMAGE_TOO_LARGE');
    next();
  };
}

/** Receives a form without files as multipart, urlencoded or JSON. */
export function textForm(missing: string): RequestHandler[] {
  const parser = multer({ storage: multer.memoryStorage(), limits: { ...textLimits, files: 0 } });
  return [
    receive(parser.none(), missing),
    urlencoded({ extended: false, limit: FORM_OVERHEAD_BYTES, parameterLimit: textLimits.fields }),
    json({ limit: FORM_OVERHEAD_BYTES }),
  ];
}

const idForm = z.object({ id: z.string().min(1) });

/** The form's `id`. @throws ServiceError the documented 400 when it is absent, empty, or there are several. */
export function requireId(body: unknown, missing: string): string {
  const form = idForm.safeParse(body);
  if (!form.success) throw new ServiceError('BAD_REQUEST', { message: missing });
  return form.data.id;
}

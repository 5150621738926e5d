import { ServiceError } from '../errors.js';

/** What Express's own body parsers throw carries a status and says whether it may be shown. */
function isParserError(error: unknown): error is Error & { status: number; type: string } {
  return (
    error instanceof Error &&
    'status' in error &&
    typeof error.status === 'number' &&
    'type' in error &&
    typeof error.type === 'string'
  );
}

/** A failure in terms of the catalogue: unreadable bodies are the client's, anything unknown is INTERNAL. */
export function bodyFailure(error: unknown): ServiceError {
  if (error instanceof ServiceError) return error;
  if (!isParserError(error) || error.status >= 500) return new ServiceError('INTERNAL', { cause: error });
  if (error.status === 413) return new ServiceError('REQUEST_TOO_LARGE', { cause: error });
  return new ServiceError('BAD_REQUEST', {
    message: `The body could not be read (${error.type}); check its Content-Type, Content-Encoding and syntax`,
    cause: error,
  });
}

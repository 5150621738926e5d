import { GraphQLError } from 'graphql';
import type { GraphQLFormattedError } from 'graphql';
import { unwrapResolverError } from '@apollo/server/errors';
import type { Logger } from 'pino';
import { ServiceError } from '../../errors.js';
import { currentRequest } from '../middleware/request-context.js';
import { clientMessage } from './client-message.js';

/** Mistakes in the request itself: GraphQL's own message tells the client what to repair. */
const clientErrorCodes = new Set<unknown>([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
]);

/** The catalogue's view of any thrown value; what is not in the catalogue becomes INTERNAL, with the cause kept. */
export function toServiceError(thrown: unknown): ServiceError {
  const error = unwrapResolverError(thrown);
  return error instanceof ServiceError ? error : new ServiceError('INTERNAL', { cause: error });
}

/** Whether GraphQL itself refused the request; a resolver's own errors never count, whatever code they carry. */
export function isClientError(error: unknown, code: unknown): boolean {
  return unwrapResolverError(error) === error && clientErrorCodes.has(code);
}

/** What a client gets in `extensions`, in GraphQL answers of every kind. */
export function errorExtensions(error: ServiceError): Record<string, unknown> {
  return {
    code: error.code,
    requestId: currentRequest()?.requestId,
    retryable: error.retryable,
    ...(error.retryAfterSeconds !== undefined && { retryAfterSeconds: error.retryAfterSeconds }),
    http: { status: error.status },
  };
}

/** Logs the cause of a masked error under its request id, once, and notes the failure for the request's log line. */
export function reportFailure(error: ServiceError, logger: Logger): void {
  const context = currentRequest();
  if (context !== undefined) context.failure = error.code;
  const unexpected = error.status >= 500 && error.cause !== undefined;
  if (unexpected)
    logger.error({ requestId: context?.requestId, code: error.code, err: error.cause }, 'failure');
}

/**
 * Shows clients errors of the catalogue and their own GraphQL mistakes; masks and logs everything else.
 * @param options.hideSchema whether mistakes are reported without names and types of the schema.
 */
export function createErrorFormatter(logger: Logger, { hideSchema }: { readonly hideSchema: boolean }) {
  return (
    { message, locations, path, extensions }: GraphQLFormattedError,
    error: unknown,
  ): GraphQLFormattedError => {
    const position = { ...(locations && { locations }), ...(path && { path }) };
    const code = extensions?.['code'];
    if (isClientError(error, code)) {
      const context = currentRequest();
      if (context !== undefined) context.failure = 'CLIENT_ERROR';
      return {
        message: error instanceof GraphQLError ? clientMessage(error, code, hideSchema) : message,
        ...position,
        extensions: { code, requestId: context?.requestId, retryable: false, http: { status: 400 } },
      };
    }
    const failure = toServiceError(error);
    reportFailure(failure, logger);
    return { message: failure.message, ...position, extensions: errorExtensions(failure) };
  };
}

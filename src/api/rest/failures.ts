import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { ServiceError } from '../../errors.js';
import { bodyFailure } from '../body-failure.js';
import { reportFailure } from '../graphql/format-error.js';
import { currentRequest } from '../middleware/request-context.js';
import { failureHeaders } from '../failure-headers.js';

const UNDER_VERIFY = /^\/verify(\/|$)/;

/** Answers every failure in the documented shape: `error`, and `verified: false` under /verify. */
export function restFailures(logger: Logger): ErrorRequestHandler {
  return (error, request, response, _next) => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const failure = bodyFailure(error);
    reportFailure(failure, logger);
    const message =
      failure.code === 'INTERNAL'
        ? `${failure.message}; the request id is ${currentRequest()?.requestId ?? 'unknown'}`
        : failure.message;
    response
      .status(failure.status)
      .set(failureHeaders(failure))
      .json({ error: message, ...(UNDER_VERIFY.test(request.path) && { verified: false }) });
  };
}

/** Ends a route: OPTIONS says which methods it takes, and so does the 405 for any other. */
export function onlyMethods(...methods: readonly string[]): RequestHandler {
  const allow = [...methods, 'OPTIONS'].join(', ');
  return (request, response, next) => {
    response.set('Allow', allow);
    if (request.method === 'OPTIONS') response.status(204).end();
    else next(new ServiceError('METHOD_NOT_ALLOWED'));
  };
}

/** Ends the application: nothing is served at this address. */
export const notFound: RequestHandler = (_request, _response, next) => {
  next(new ServiceError('NOT_FOUND'));
};

import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { currentRequest } from './request-context.js';

const knownRoutes = new Set(['/graphql', '/register', '/verify', '/healthz', '/readyz', '/openapi.json']);

function levelOf(status: number, route: string): 'debug' | 'info' | 'warn' | 'error' {
  if (status === 503) return 'warn';
  if (status >= 500) return 'error';
  return route === '/healthz' || route === '/readyz' ? 'debug' : 'info';
}

/** One structured line for each request; never a path as sent, a body, a user id or a score: they are personal data. */
export function requestLog(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    const path = request.path.replace(/\/$/, '');
    const route = knownRoutes.has(path) ? path : 'unknown';
    const context = currentRequest();
    response.once('close', () => {
      const entry = {
        requestId: context?.requestId,
        method: request.method,
        route,
        status: response.statusCode,
        durationMs: Math.round(performance.now() - started),
        ...(context?.failure !== undefined && { failure: context.failure }),
        ...(!response.writableFinished && { aborted: true }),
      };
      logger[levelOf(response.statusCode, route)](entry, 'request');
    });
    next();
  };
}

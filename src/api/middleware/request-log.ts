import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import type { ServiceMetrics } from '../../metrics/service-metrics.js';
import { knownRoute } from './known-route.js';
import { currentRequest } from './request-context.js';

function levelOf(status: number, route: string): 'debug' | 'info' | 'warn' | 'error' {
  if (status === 503) return 'warn';
  if (status >= 500) return 'error';
  return route === '/healthz' || route === '/readyz' ? 'debug' : 'info';
}

/** One structured line and one count for each request; never a path as sent, a body, a user id or a score: they are personal data. */
export function requestLog(logger: Logger, metrics: ServiceMetrics): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    const route = knownRoute(request.path);
    const context = currentRequest();
    response.once('close', () => {
      metrics.httpAnswers.inc({ route, status: response.writableFinished ? response.statusCode : 'aborted' });
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

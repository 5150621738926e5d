import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { ErrorCode } from '../../errors.js';

/** What every part that works on one HTTP request may know about it. */
export interface RequestContext {
  /** The `X-Request-Id` of the answer. */
  readonly requestId: string;
  /** Aborted when the connection closes before the answer is complete. */
  readonly signal: AbortSignal;
  /** Last failure reported to the client, for the log. */
  failure?: ErrorCode | 'CLIENT_ERROR';
}

const storage = new AsyncLocalStorage<RequestContext>();

// A client's id goes into our logs and headers, so only a plain token of bounded length is taken over.
const trustworthyId = /^[A-Za-z0-9._-]{8,64}$/;

/** Context of the request being worked on; undefined outside of one. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/** Gives every request its id and its abort signal. */
export const requestContext: RequestHandler = (request, response, next) => {
  const proposed = request.get('x-request-id');
  const requestId = proposed !== undefined && trustworthyId.test(proposed) ? proposed : randomUUID();
  const disconnection = new AbortController();
  response.set('X-Request-Id', requestId);
  response.once('close', () => {
    if (!response.writableFinished) disconnection.abort();
  });
  storage.run({ requestId, signal: disconnection.signal }, next);
};

import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Principal } from '../../access/principal.js';
import type { ErrorCode } from '../../errors.js';
import { knownRoute } from './known-route.js';
import type { MemoryAccount, MemoryBudget } from './memory-budget.js';

/** What every part that works on one HTTP request may know about it. */
export interface RequestContext {
  /** The `X-Request-Id` of the answer. */
  readonly requestId: string;
  /** Which of the two the client speaks. */
  readonly interface: 'graphql' | 'rest';
  /** IP address of the client, behind the trusted proxies. */
  readonly address: string;
  /** Who makes the request. */
  principal: Principal;
  /** Every `Idempotency-Key` that was sent. */
  readonly idempotencyKeys: readonly string[];
  /** Aborted when the connection closes before the answer is complete. */
  readonly signal: AbortSignal;
  /** Memory for the pictures of this request, given back when its answer is over. */
  readonly memory: MemoryAccount;
  /** Last failure reported to the client, for the log. */
  failure?: ErrorCode | 'CLIENT_ERROR';
}

const storage = new AsyncLocalStorage<RequestContext>();

// A client's id goes into our logs and headers, so only a plain token of bounded length is taken over.
const TRUSTWORTHY_ID = /^[A-Za-z0-9._-]{8,64}$/;

/** Context of the request being worked on; undefined outside of one. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/** Context of the request being worked on. @throws when called outside of one. */
export function requireRequest(): RequestContext {
  const context = storage.getStore();
  if (context === undefined) throw new Error('The request lost its context.');
  return context;
}

/** For events that belong to no request although one happens to be worked on, such as the end of a shared thread. */
export function outsideRequests(work: () => void): void {
  storage.exit(work);
}

/** Gives every request its id, its abort signal and its share of memory. */
export function requestContext(budget: MemoryBudget): RequestHandler {
  return (request, response, next) => {
    const proposed = request.get('x-request-id');
    const requestId = proposed !== undefined && TRUSTWORTHY_ID.test(proposed) ? proposed : randomUUID();
    const disconnection = new AbortController();
    const memory = budget.open();
    response.set('X-Request-Id', requestId);
    response.once('close', () => {
      memory.close();
      if (!response.writableFinished) disconnection.abort();
    });
    storage.run(
      {
        requestId,
        interface: knownRoute(request.path) === '/graphql' ? 'graphql' : 'rest',
        address: request.ip ?? 'unknown',
        principal: { kind: 'anyone' },
        idempotencyKeys: request.headersDistinct['idempotency-key'] ?? [],
        signal: disconnection.signal,
        memory,
      },
      next,
    );
  };
}

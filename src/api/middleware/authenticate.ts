import type { Request, RequestHandler } from 'express';
import type { AccessControl } from '../../access/access-control.js';
import { isLocalName } from '../../access/local-name.js';
import { assertAllowed, type Operation } from '../../access/required-scopes.js';
import { ServiceError } from '../../errors.js';
import type { RequestLimits } from '../../limits/request-limits.js';
import { messages } from '../messages.js';
import { requireRequest } from './request-context.js';

const BEARER = /^Bearer +(.*)$/i;

/**
 * The different keys in the headers of a request; never in its address or body, which end up in logs. Headers sent
 * twice count twice: a proxy may look at one and we at the other.
 */
function offeredKeys({ headersDistinct }: Request): ReadonlySet<string> {
  const tokens = (headersDistinct['authorization'] ?? []).flatMap((value) => BEARER.exec(value)?.[1] ?? []);
  return new Set([...tokens, ...(headersDistinct['x-api-key'] ?? [])]);
}

export interface AuthenticateOptions {
  readonly access: Pick<AccessControl, 'identify'>;
  readonly limits: Pick<RequestLimits, 'requestWith' | 'authenticationFailed'>;
  /** Whether requests without a key are taken under any name of the service. */
  readonly anyoneFromAnywhere: boolean;
}

/**
 * Finds out who makes a request, before any of its body is read. A preflight carries no key and does nothing.
 * @throws ServiceError UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED, UNAVAILABLE, CANCELLED.
 */
export function authenticate({ access, limits, anyoneFromAnywhere }: AuthenticateOptions): RequestHandler {
  return async (request, _response, next) => {
    if (request.method !== 'OPTIONS') {
      const context = requireRequest();
      try {
        context.principal = await access.identify(offeredKeys(request));
      } catch (error) {
        if (error instanceof ServiceError && error.code === 'UNAUTHENTICATED')
          await limits.authenticationFailed(context.address);
        throw error;
      }
      if (context.principal.kind === 'anyone' && !anyoneFromAnywhere && !isLocalName(request.headers.host))
        throw new ServiceError('FORBIDDEN', { message: messages.localNamesOnly });
      if (context.principal.kind === 'key') await limits.requestWith(context.principal.keyId);
      // Nothing more would come of a connection that has gone meanwhile, not even its end.
      if (context.signal.aborted) throw new ServiceError('CANCELLED');
    }
    next();
  };
}

/** Refuses a request early, before its pictures are received. @throws ServiceError FORBIDDEN. */
export function allow(operation: Operation): RequestHandler {
  return (_request, _response, next) => {
    assertAllowed(requireRequest().principal, [operation]);
    next();
  };
}

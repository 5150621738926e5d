import type { RequestHandler } from 'express';
import { clientNetwork } from '../../limits/client-network.js';
import type { RequestLimits } from '../../limits/request-limits.js';
import { requireRequest } from './request-context.js';
import type { RequestContext } from './request-context.js';

/** Bounds the requests of one address; in front of everything that costs more. @throws ServiceError RATE_LIMITED. */
export function limitAddress(limits: Pick<RequestLimits, 'requestFrom'>): RequestHandler {
  return async (_request, _response, next) => {
    await limits.requestFrom(requireRequest().address);
    next();
  };
}

/** Whom failed attempts are counted for: the key, or without one the address. */
export function callerOf({ principal, address }: Pick<RequestContext, 'principal' | 'address'>): string {
  switch (principal.kind) {
    case 'key':
      return `key ${principal.keyId}`;
    case 'anyone':
      return `address ${clientNetwork(address)}`;
  }
}

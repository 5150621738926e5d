import type { GraphQLResolveInfo } from 'graphql';
import { requestOrigin } from '../../audit/audit-origin.js';
import { ServiceError } from '../../errors.js';
import type { RequestOptions } from '../../users/user-service.js';
import { callerOf } from '../middleware/limit-requests.js';
import type { RequestContext } from '../middleware/request-context.js';

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{8,255}$/;

/** What the services get to know of a request. */
export function requestOptions(context: RequestContext): RequestOptions {
  return { signal: context.signal, origin: requestOrigin(context), caller: callerOf(context) };
}

/**
 * The same for operations that a client may name with `Idempotency-Key`. Each alias of a request is named by itself.
 * @throws ServiceError BAD_IDEMPOTENCY_KEY.
 */
export function repeatableOptions(
  context: RequestContext,
  { path, fieldName }: GraphQLResolveInfo,
): RequestOptions {
  const options = requestOptions(context);
  const [key, ...more] = context.idempotencyKeys;
  if (key === undefined) return options;
  if (more.length > 0 || !IDEMPOTENCY_KEY.test(key)) throw new ServiceError('BAD_IDEMPOTENCY_KEY');
  return {
    ...options,
    idempotencyKey: {
      actor: options.origin.actor,
      field: path.key === fieldName ? '' : String(path.key),
      key,
    },
  };
}

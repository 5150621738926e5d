import { requestOrigin } from '../../audit/audit-origin.js';
import type { RequestOptions } from '../../users/user-service.js';
import { callerOf } from '../middleware/limit-requests.js';
import type { RequestContext } from '../middleware/request-context.js';

/** What the services get to know of a request. */
export function requestOptions(context: RequestContext): RequestOptions {
  return { signal: context.signal, origin: requestOrigin(context), caller: callerOf(context) };
}

import type { ServiceError } from '../errors.js';
import { retryAfterSeconds } from './retry-after.js';

/** Headers that go with a failure, whatever the shape of its body. */
export function failureHeaders({ status, retryable }: ServiceError): Readonly<Record<string, string>> {
  return {
    ...(retryable && { 'Retry-After': retryAfterSeconds }),
    // RFC 9110, 15.5.2: every 401 names a scheme. Nothing more, so that all of them look alike.
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
  };
}

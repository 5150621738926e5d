import type { ServiceError } from '../errors.js';
import { USUAL_RETRY_AFTER_SECONDS } from './retry-after.js';

/** Headers that go with a failure, whatever the shape of its body. */
export function failureHeaders(failure: ServiceError): Readonly<Record<string, string>> {
  const { status, retryable, retryAfterSeconds = USUAL_RETRY_AFTER_SECONDS } = failure;
  return {
    ...(retryable && { 'Retry-After': String(retryAfterSeconds) }),
    // RFC 9110, 15.5.2: every 401 names a scheme. Nothing more, so that all of them look alike.
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
  };
}

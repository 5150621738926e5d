import { ServiceError } from '../errors.js';

// Surrogates match only where they are unpaired: databases would store such text as something else.
const ACCEPTED_ID = /^[^\p{Cc}\p{Cs}]{1,255}$/u;

/**
 * An id has 1 to 255 code points, none of them a control character. It is never trimmed, folded or normalised:
 * ids that differ in one byte are two people.
 * @throws ServiceError BAD_ID.
 */
export function assertUserId(id: string): void {
  if (!ACCEPTED_ID.test(id)) throw new ServiceError('BAD_ID');
}

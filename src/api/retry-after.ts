/** `Retry-After` of 429 and 503 answers: the queue of pictures empties in about this time. */
export const retryAfterSeconds = '1';

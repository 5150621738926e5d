/** `Retry-After` of 503 answers: the queue of pictures empties in about this time. */
export const usualRetryAfterSeconds = 1;

/** `Retry-After` of 503 answers: the queue of pictures empties in about this time. */
export const USUAL_RETRY_AFTER_SECONDS = 1;

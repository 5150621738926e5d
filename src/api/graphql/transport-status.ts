import type { ApolloServerPlugin } from '@apollo/server';
import { retryAfterSeconds } from '../retry-after.js';
import { isClientError, toServiceError } from './format-error.js';

/**
 * Sets the HTTP status of failed executions. A refusal such as "user exists" is an ordinary answer with status 200
 * (https://graphql.github.io/graphql-over-http/draft/#sec-Examples); what concerns proxies, load balancers and
 * retries (413, 429 and 5xx) is visible to them.
 */
export const transportStatusPlugin: ApolloServerPlugin = {
  requestDidStart: () =>
    Promise.resolve({
      willSendResponse: ({ errors = [], response }) => {
        const failures = errors
          .filter((error) => !isClientError(error, error.extensions['code'] ?? 'INTERNAL'))
          .map(toServiceError);
        const visible = failures.find(({ status }) => status === 413 || status === 429 || status >= 500);
        if (visible !== undefined) {
          response.http.status = visible.status;
          if (visible.retryable) response.http.headers.set('retry-after', retryAfterSeconds);
        }
        return Promise.resolve();
      },
    }),
};

import type { ApolloServerPlugin } from '@apollo/server';
import type { ServiceError } from '../../errors.js';
import { failureHeaders } from '../failure-headers.js';
import { isClientError, toServiceError } from './format-error.js';

/**
 * Sets the HTTP status of failed executions. A refusal such as "user exists" is an ordinary answer with status 200
 * (https://graphql.github.io/graphql-over-http/draft/#sec-Examples); what concerns proxies, load balancers and
 * retries (413, 429 and 5xx) is visible to them, and so is what the key is not good for (401, 403).
 */
export const transportStatusPlugin: ApolloServerPlugin = {
  requestDidStart: () =>
    Promise.resolve({
      willSendResponse: ({ errors = [], response }) => {
        const failures = errors
          .filter((error) => !isClientError(error, error.extensions['code'] ?? 'INTERNAL'))
          .map(toServiceError);
        const visible = failures.find(isVisible);
        if (visible !== undefined) {
          response.http.status = visible.status;
          for (const [name, value] of Object.entries(failureHeaders(visible)))
            response.http.headers.set(name.toLowerCase(), value);
        }
        return Promise.resolve();
      },
    }),
};

function isVisible({ code, status }: ServiceError): boolean {
  return [401, 413, 429].includes(status) || status >= 500 || code === 'FORBIDDEN';
}

import type { ApolloServer } from '@apollo/server';
import { expressMiddleware } from '@as-integrations/express5';
import { json, Router } from 'express';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { bodyFailure } from '../body-failure.js';
import { failureHeaders } from '../failure-headers.js';
import { requireRequest } from '../middleware/request-context.js';
import type { RequestContext } from '../middleware/request-context.js';
import { errorExtensions, reportFailure } from './format-error.js';
import { landingPage } from './landing-page.js';
import { MAX_DOCUMENT_BYTES, multipartUploads } from './uploads/multipart.js';

export interface GraphqlRouteOptions {
  readonly apollo: ApolloServer<RequestContext>;
  /** Refuses work until the service has started. */
  readonly started: RequestHandler;
  /** Refuses clients that ask too often. */
  readonly limited: RequestHandler;
  /** Refuses requests of nobody in particular. */
  readonly authenticated: RequestHandler;
  readonly maxImageBytes: number;
  readonly production: boolean;
  readonly logger: Logger;
}

/** `/graphql`; whatever fails in front of Apollo is still answered in the shape of GraphQL. */
export function graphqlRoute(options: GraphqlRouteOptions): Router {
  const { apollo, started, limited, authenticated, maxImageBytes, production, logger } = options;
  const failures: ErrorRequestHandler = (error, _request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const failure = bodyFailure(error);
    reportFailure(failure, logger);
    response
      .status(failure.status)
      .set(failureHeaders(failure))
      .json({ errors: [{ message: failure.message, extensions: errorExtensions(failure) }] });
  };

  const router = Router();
  router.use(started, limited);
  if (!production) router.use(landingPage(apollo));
  router.use(
    authenticated,
    multipartUploads(maxImageBytes),
    json({ limit: MAX_DOCUMENT_BYTES }),
    expressMiddleware(apollo, {
      context: async () => Promise.resolve(requireRequest()),
    }),
    failures,
  );
  return router;
}

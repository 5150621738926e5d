import type { ApolloServer } from '@apollo/server';
import express from 'express';
import type { Express, RequestHandler } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { AccessControl } from '../access/access-control.js';
import type { Config } from '../config/config.js';
import type { RequestLimits } from '../limits/request-limits.js';
import type { ServiceMetrics } from '../metrics/service-metrics.js';
import { graphqlCors, restCors } from './cross-origin.js';
import { graphqlRoute } from './graphql/graphql-route.js';
import { authenticate } from './middleware/authenticate.js';
import { healthRoutes } from './middleware/health.js';
import type { HealthChecks } from './middleware/health.js';
import type { Lifecycle } from './middleware/lifecycle.js';
import { limitAddress } from './middleware/limit-requests.js';
import type { MemoryBudget } from './middleware/memory-budget.js';
import { requestContext } from './middleware/request-context.js';
import type { RequestContext } from './middleware/request-context.js';
import { requestLog } from './middleware/request-log.js';
import { notFound, onlyMethods, restFailures } from './rest/failures.js';
import { openApiDocument } from './rest/openapi.js';
import { restRoutes } from './rest/rest-routes.js';
import { createRunOperation } from './rest/run-operation.js';

/** What the HTTP interface needs of the configuration. */
export type ApiSettings = Pick<Config, 'production' | 'dataDir' | 'http'>;

export interface AppOptions {
  readonly apollo: ApolloServer<RequestContext>;
  readonly access: Pick<AccessControl, 'identify'>;
  readonly requestLimits: RequestLimits;
  readonly lifecycle: Lifecycle;
  readonly memory: MemoryBudget;
  readonly health: HealthChecks;
  readonly progress: () => Readonly<Record<string, number | string>>;
  readonly warnings: () => readonly string[];
  readonly healthTimeoutMs: number;
  readonly metrics: ServiceMetrics;
  readonly config: ApiSettings;
  readonly logger: Logger;
}

/** Answers are data about people and never a page: nothing caches them, and a browser that shows one loads nothing. */
const protect: RequestHandler[] = [
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
  }),
  (_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  },
];

/** Every route of the service. */
export function createApp(options: AppOptions): Express {
  const {
    apollo,
    access,
    requestLimits,
    lifecycle,
    memory,
    health,
    progress,
    warnings,
    healthTimeoutMs,
    metrics,
    config,
    logger,
  } = options;
  const { http, production } = config;
  const { maxImageBytes } = http;
  const started = lifecycle.requireStarted;
  const limited = limitAddress(requestLimits);
  const authenticated = authenticate({
    access,
    limits: requestLimits,
    anyoneFromAnywhere: http.dangerouslyServeWithoutKeys,
  });
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing');
  app.set('trust proxy', http.trustProxy);

  app.use(requestContext(memory), requestLog(logger, metrics), lifecycle.closeWhenDraining, protect);
  app.use(
    healthRoutes({ lifecycle, checks: health, progress, warnings, logger, timeoutMs: healthTimeoutMs }),
  );
  app
    .route('/openapi.json')
    .get((_request, response) => {
      response.json(openApiDocument);
    })
    .all(onlyMethods('GET', 'HEAD'));
  app
    .route('/graphql')
    .all(graphqlCors(config))
    .options(onlyMethods('GET', 'POST'))
    .all(graphqlRoute({ apollo, started, limited, authenticated, maxImageBytes, production, logger }));
  app.use(restCors(config)).use(['/register', '/verify'], started, limited);
  app.use(restRoutes({ authenticated, runOperation: createRunOperation(apollo), maxImageBytes }));
  app.use(notFound, restFailures(logger));
  return app;
}

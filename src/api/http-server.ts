import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { join } from 'node:path';
import express from 'express';
import type { Express } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { UserService } from '../users/user-service.js';
import { graphqlCors, restCors } from './cross-origin.js';
import { startApollo } from './graphql/apollo.js';
import { graphqlRoute } from './graphql/graphql-route.js';
import { buildGraphqlSchema } from './graphql/schema.js';
import { UserResolver } from './graphql/user-resolver.js';
import { healthRoutes } from './operations/health.js';
import type { HealthChecks } from './operations/health.js';
import { Lifecycle } from './operations/lifecycle.js';
import type { ServiceState } from './operations/lifecycle.js';
import { requestContext } from './operations/request-context.js';
import { requestLog } from './operations/request-log.js';
import { notFound, onlyMethods, restFailures } from './rest/failures.js';
import { openApiDocument } from './rest/openapi.js';
import { restRoutes } from './rest/rest-routes.js';
import { createRunOperation } from './rest/run-operation.js';
import { useTemporaryFolder } from './temporary-folder.js';

export interface ApiDependencies {
  readonly userService: UserService;
  readonly health: HealthChecks;
  readonly config: Config;
  readonly logger: Logger;
}

/** Limits on time, so that slow or vanished clients give back what they hold. All in milliseconds. */
export interface HttpTimeouts {
  /** For the request line and the headers. @default 10000 */
  readonly headersMs?: number;
  /** For a whole request: 10 MiB at 1.4 Mbit/s. @default 60000 */
  readonly requestMs?: number;
  /** How long an idle connection is kept for the next request. @default 65000 */
  readonly keepAliveMs?: number;
  /** How long a connection may stand still in the middle of an exchange. @default 120000 */
  readonly idleMs?: number;
  /** How often the limits for headers and requests are checked. @default 1000 */
  readonly checkIntervalMs?: number;
  /** For requests that still run when the service stops. @default 9000 */
  readonly drainMs?: number;
  /** For one health check. @default 2000 */
  readonly healthMs?: number;
}

/** The service's HTTP interface: not listening yet, then serving until `stop()`. */
export interface Api {
  readonly app: Express;
  readonly server: Server;
  readonly state: ServiceState;
  /** Starts to listen on the configured host and port. @returns the address, for example `http://127.0.0.1:4000`. */
  listen(): Promise<string>;
  /** Takes no new connections, finishes running requests, closes the others, within `drainMs`. */
  stop(): Promise<void>;
}

/** Puts the GraphQL and REST interfaces in front of the service. */
export async function createApi(dependencies: ApiDependencies, timeouts: HttpTimeouts = {}): Promise<Api> {
  const { userService, health, config, logger } = dependencies;
  await useTemporaryFolder(join(config.dataDir, 'tmp'));

  const app = express();
  const server = createServer(
    {
      headersTimeout: timeouts.headersMs ?? 10_000,
      requestTimeout: timeouts.requestMs ?? 60_000,
      keepAliveTimeout: timeouts.keepAliveMs ?? 65_000,
      connectionsCheckingInterval: timeouts.checkIntervalMs ?? 1_000,
      maxHeaderSize: 16_384,
    },
    app,
  );
  server.setTimeout(timeouts.idleMs ?? 120_000);

  const lifecycle = new Lifecycle();
  const apollo = await startApollo({
    schema: buildGraphqlSchema(new UserResolver(userService, config.maxImageBytes)),
    httpServer: server,
    production: config.production,
    logger,
    drainTimeoutMs: timeouts.drainMs ?? 9_000,
  });

  app.disable('x-powered-by').disable('etag').enable('case sensitive routing');
  app.set('trust proxy', config.trustProxy);
  app.use(
    requestContext,
    requestLog(logger),
    lifecycle.closeWhenDraining,
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
  );
  app.use(healthRoutes({ lifecycle, checks: health, logger, timeoutMs: timeouts.healthMs ?? 2_000 }));
  app
    .route('/openapi.json')
    .get((_request, response) => {
      response.json(openApiDocument);
    })
    .all(onlyMethods('GET', 'HEAD'));
  app.options('/graphql', graphqlCors(config), onlyMethods('GET', 'POST'));
  app.use(
    '/graphql',
    graphqlCors(config),
    graphqlRoute({ apollo, maxImageBytes: config.maxImageBytes, production: config.production, logger }),
  );
  app.use(restCors(config), restRoutes(createRunOperation(apollo), config.maxImageBytes), notFound);
  app.use(restFailures(logger));

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    lifecycle.drain();
    await apollo.stop();
    lifecycle.stop();
  };

  return {
    app,
    server,
    get state() {
      return lifecycle.state;
    },
    async listen() {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host: config.host, port: config.port }, () => {
          server.off('error', reject);
          resolve();
        });
      });
      const address = listeningAddress(server);
      lifecycle.ready(address);
      return address;
    },
    stop: () => (stopping ??= stop()),
  };
}

function listeningAddress(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server listens on no TCP port.');
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

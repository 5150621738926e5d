import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { AccessControl } from '../access/access-control.js';
import type { RequestLimits } from '../limits/request-limits.js';
import { listen } from '../listen.js';
import { ServiceMetrics } from '../metrics/service-metrics.js';
import type { FaceInspection } from '../users/face-inspection.js';
import { MAX_IMAGES_PER_REGISTRATION } from '../users/image-limits.js';
import type { UserService } from '../users/user-service.js';
import { startApollo } from './graphql/apollo.js';
import { InspectionResolver } from './graphql/inspection-resolver.js';
import { measureOperations } from './graphql/operations/measure-operations.js';
import { buildGraphqlSchema } from './graphql/schema.js';
import { UserResolver } from './graphql/user-resolver.js';
import { createApp, type ApiSettings } from './http-app.js';
import type { HealthChecks } from './middleware/health.js';
import { Lifecycle } from './middleware/lifecycle.js';
import type { ServiceState } from './middleware/lifecycle.js';
import { MemoryBudget } from './middleware/memory-budget.js';
import { useTemporaryFolder } from './temporary-folder.js';

export interface ApiDependencies {
  readonly userService: UserService;
  readonly inspection: FaceInspection;
  readonly access: Pick<AccessControl, 'identify'>;
  readonly requestLimits: RequestLimits;
  readonly health: HealthChecks;
  /** How far the start has come, for readiness. @default nothing */
  readonly progress?: () => Readonly<Record<string, number | string>>;
  /** What should be mended although the service works. @default nothing */
  readonly warnings?: () => readonly string[];
  /** @default counts that nobody reads */
  readonly metrics?: ServiceMetrics;
  readonly config: ApiSettings;
  readonly logger: Logger;
}

/** What clients may take of the service before it turns to others. */
export interface HttpLimits {
  /** Milliseconds for the request line and the headers. @default 10000 */
  readonly headersMs?: number;
  /** Milliseconds for a whole request: 10 MiB at 1.4 Mbit/s. @default 60000 */
  readonly requestMs?: number;
  /** Milliseconds that an idle connection is kept for the next request. @default 65000 */
  readonly keepAliveMs?: number;
  /** Milliseconds that a connection may stand still in the middle of an exchange. @default 120000 */
  readonly idleMs?: number;
  /** Milliseconds between checks of the limits for headers and requests. @default 1000 */
  readonly checkIntervalMs?: number;
  /** Milliseconds for requests that still run when the service stops. @default 9000 */
  readonly drainMs?: number;
  /** Milliseconds for one health check. @default 2000 */
  readonly healthMs?: number;
  /** Bytes of pictures kept for all unfinished requests together. @default 268435456, or the pictures of one registration if that is more */
  readonly uploadBytes?: number;
}

/** The service's HTTP interface: not listening yet, then serving until `stop()`. */
export interface Api {
  readonly server: Server;
  readonly state: ServiceState;
  /**
   * Opens the configured port. Until `ready`, health answers and everything else is refused retryably.
   * @returns the address, for example `http://127.0.0.1:4000`.
   */
  listen(): Promise<string>;
  /** Takes requests from now on. */
  ready(address: string): void;
  /** Takes no new connections, finishes running requests, closes the others, within `drainMs`. */
  stop(): Promise<void>;
}

/** Puts the GraphQL and REST interfaces in front of the service. */
export async function createApi(dependencies: ApiDependencies, limits: HttpLimits = {}): Promise<Api> {
  const {
    userService,
    inspection,
    access,
    requestLimits,
    health,
    progress = () => ({}),
    warnings = () => [],
    metrics = new ServiceMetrics(),
    config,
    logger,
  } = dependencies;
  await useTemporaryFolder(join(config.dataDir, 'tmp'));

  const server = createServer({
    headersTimeout: limits.headersMs ?? 10_000,
    requestTimeout: limits.requestMs ?? 60_000,
    keepAliveTimeout: limits.keepAliveMs ?? 65_000,
    connectionsCheckingInterval: limits.checkIntervalMs ?? 1_000,
    maxHeaderSize: 16_384,
  });
  server.setTimeout(limits.idleMs ?? 120_000);

  const lifecycle = new Lifecycle();
  const apollo = await startApollo({
    schema: measureOperations(
      buildGraphqlSchema(
        new UserResolver(userService, config.http.maxImageBytes),
        new InspectionResolver(inspection, config.http.maxImageBytes),
      ),
      metrics,
    ),
    httpServer: server,
    production: config.production,
    logger,
    drainTimeoutMs: limits.drainMs ?? 9_000,
  });
  const memory = new MemoryBudget(
    limits.uploadBytes ??
      Math.max(256 * 1024 * 1024, MAX_IMAGES_PER_REGISTRATION * config.http.maxImageBytes),
  );
  metrics.watchUploads(memory);
  const healthTimeoutMs = limits.healthMs ?? 2_000;
  server.on(
    'request',
    createApp({
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
    }),
  );

  const stop = async (): Promise<void> => {
    lifecycle.drain();
    await apollo.stop();
    lifecycle.stop();
  };
  let stopping: Promise<void> | undefined;

  return {
    server,
    get state() {
      return lifecycle.state;
    },
    listen: () => listen(server, config.http),
    ready: (address) => {
      lifecycle.ready(address);
    },
    stop: () => (stopping ??= stop()),
  };
}

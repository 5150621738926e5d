import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessControl } from '../../../src/access/access-control.js';
import type { ApiKeyRepository } from '../../../src/access/api-key-repository.js';
import { createApi } from '../../../src/api/http-server.js';
import type { Api, HttpLimits } from '../../../src/api/http-server.js';
import type { HealthChecks } from '../../../src/api/middleware/health.js';
import { loadConfig } from '../../../src/config/load-config.js';
import { MemoryCounters } from '../../../src/limits/memory-counters.js';
import { RequestLimits } from '../../../src/limits/request-limits.js';
import type { AuditEvent } from '../../../src/audit/audit-log.js';
import { AuditWriter } from '../../../src/audit/audit-writer.js';
import { AuditedInspection } from '../../../src/audit/audited-inspection.js';
import { guardedUserService } from '../../../src/guarded-user-service.js';
import { createLogger } from '../../../src/create-logger.js';
import { ServiceMetrics } from '../../../src/metrics/service-metrics.js';
import { MemoryReceipts } from './memory-receipts.js';
import { InMemoryInspection } from './in-memory-inspection.js';
import { InMemoryUserService } from './in-memory-user-service.js';

export interface RunningApi {
  readonly api: Api;
  /** For example `http://127.0.0.1:40123`. */
  readonly url: string;
  readonly port: number;
  readonly users: InMemoryUserService;
  /** Folder that uploads pass through. */
  readonly temporaryFolder: string;
  /** Every log line so far, parsed. */
  readonly logs: Record<string, unknown>[];
  readonly metrics: ServiceMetrics;
  /** What was noted besides changes of data, which note themselves. */
  readonly audited: readonly AuditEvent[];
  close(): Promise<void>;
}

export interface ApiOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** @default no keys, so that everybody may do everything */
  readonly apiKeys?: Pick<ApiKeyRepository, 'find' | 'any'>;
  /** By which keys expire. */
  readonly now?: () => Date;
  readonly health?: HealthChecks;
  /** What readiness warns of. */
  readonly warnings?: readonly string[];
  readonly limits?: HttpLimits;
  /** Whether the service stays in its start. @default false */
  readonly loading?: boolean;
  /** @default true */
  readonly listen?: boolean;
}

const noKeys = { find: () => Promise.resolve(null), any: () => Promise.resolve(false) };

const systemTemporaryFolder = tmpdir();

/** Serves an {@link InMemoryUserService} on a free port, with its own data folder. */
export async function startApi({
  environment,
  apiKeys = noKeys,
  now,
  health = {},
  warnings = [],
  limits,
  loading = false,
  listen = true,
}: ApiOptions = {}): Promise<RunningApi> {
  const dataDir = await mkdtemp(join(systemTemporaryFolder, 'api-test-'));
  const logs: Record<string, unknown>[] = [];
  const logger = createLogger('debug', {
    write: (line: string) => logs.push(JSON.parse(line) as Record<string, unknown>),
  });
  const metrics = new ServiceMetrics();
  const users = new InMemoryUserService();
  const config = loadConfig({
    NODE_ENV: 'test',
    PORT: '0',
    DATA_DIR: dataDir,
    // Tests fail to verify and to show a key on purpose, again and again.
    FAILED_KEYS_PER_MINUTE: '0',
    FREE_FAILURES_PER_CALLER: '0',
    FREE_FAILURES_PER_USER: '0',
    ...environment,
  });
  const counters = new MemoryCounters();
  const audited: AuditEvent[] = [];
  const audit = new AuditWriter({
    append: (events) => {
      audited.push(...events);
      return Promise.resolve();
    },
  });
  const api = await createApi(
    {
      userService: guardedUserService(users, {
        attempts: { ...config.limits, counters },
        audit,
        receipts: new MemoryReceipts(),
        metrics,
      }),
      inspection: new AuditedInspection(new InMemoryInspection(users), audit),
      access: new AccessControl({ apiKeys, environmentKeys: config.apiKeys, ...(now && { now }) }),
      requestLimits: new RequestLimits({ ...config.limits, counters, remote: false }),
      health,
      progress: () => ({ templates: 7 }),
      warnings: () => warnings,
      metrics,
      config,
      logger,
    },
    { drainMs: 500, ...limits },
  );
  const url = listen ? await api.listen() : 'http://127.0.0.1:0';
  if (listen && !loading) api.ready(url);
  return {
    api,
    url,
    port: Number(new URL(url).port),
    users,
    temporaryFolder: join(dataDir, 'tmp'),
    logs,
    metrics,
    audited,
    close: async () => {
      await api.stop();
      await rm(dataDir, { recursive: true });
    },
  };
}

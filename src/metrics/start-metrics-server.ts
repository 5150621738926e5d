import type { Logger } from 'pino';
import type { MetricsSettings } from '../config/config.js';
import { programVersion } from '../project-root.js';
import { serveMetrics, type MetricsServer } from './metrics-server.js';
import type { ServiceMetrics } from './service-metrics.js';

/**
 * Serves the metrics as configured.
 * @returns undefined when they are off, or when the port that nobody asked for is taken.
 * @throws what `listen` reports, EADDRINUSE for a port that was asked for and is taken.
 */
export async function startMetricsServer(
  metrics: ServiceMetrics,
  settings: MetricsSettings | undefined,
  logger: Pick<Logger, 'warn'>,
): Promise<MetricsServer | undefined> {
  if (settings === undefined) return undefined;
  try {
    const server = await serveMetrics(metrics.registry, settings);
    metrics.watchProcess(programVersion);
    return server;
  } catch (error) {
    if (!settings.portMayBeTaken || !isTaken(error)) throw error;
    logger.warn(
      { port: settings.port },
      'the port for metrics is taken, so none are served; set METRICS_PORT to another one, to 0 or to off',
    );
    return undefined;
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

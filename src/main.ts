import { startService } from './app.js';
import { ConfigError } from './config/config.js';
import { createLogger } from './create-logger.js';
import { endMisconfigured, readConfig } from './config/read-config.js';

/** Longest the process may take to end once asked to; what still runs then is cut off. */
const EXIT_DEADLINE_MS = 10_000;

const config = readConfig();
const logger = createLogger(config.logLevel);

process.on('unhandledRejection', (reason) => {
  logger.fatal({ err: reason }, 'unhandled rejection; exiting so that the supervisor restarts the process');
  process.exit(1);
});

const ending = new AbortController();
const starting = startService(config, logger, ending.signal);

let stopping = false;

/** Also during the start, which is then finished or given up first, within the deadline. */
async function stop(signal: NodeJS.Signals): Promise<void> {
  if (stopping) return;
  stopping = true;
  logger.info({ signal }, 'draining');
  setTimeout(() => {
    logger.error('requests, or the start, were still running at the deadline');
    // Not process.exit(): beside a running model it ends in an abort, whose core dump would hold faces.
    process.kill(process.pid, 'SIGKILL');
  }, EXIT_DEADLINE_MS).unref();
  ending.abort();
  const service = await starting.catch(() => null);
  try {
    await service?.stop();
  } catch (error) {
    logger.fatal({ err: error }, 'stopped, but not every part could be closed');
    process.exit(1);
  }
  logger.info('stopped');
  process.exit(0);
}

process.on('SIGTERM', (signal) => void stop(signal));
process.on('SIGINT', (signal) => void stop(signal));

const service = await starting.catch((error: unknown) => {
  if (error instanceof ConfigError) endMisconfigured(error);
  if (stopping && error instanceof Error && error.name === 'AbortError') return null;
  logger.fatal({ err: error }, 'the service could not start');
  process.exit(1);
});
if (service !== null)
  logger.info({ address: service.address, metricsAddress: service.metricsAddress }, 'ready');

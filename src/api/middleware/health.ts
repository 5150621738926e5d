import { Router } from 'express';
import type { Logger } from 'pino';
import type { Lifecycle } from './lifecycle.js';

/** Named parts the service cannot work without; each check resolves when its part works and rejects otherwise. */
export type HealthChecks = Readonly<Record<string, () => Promise<void>>>;

export interface HealthOptions {
  readonly lifecycle: Lifecycle;
  readonly checks: HealthChecks;
  /** How far the start has come. */
  readonly progress: () => Readonly<Record<string, number | string>>;
  /** What should be mended although the service works, one text each. */
  readonly warnings: () => readonly string[];
  readonly logger: Logger;
  /** A check that takes longer counts as failed. */
  readonly timeoutMs: number;
}

async function withTimeout(check: () => Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`No answer within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    await Promise.race([check(), expiry]);
  } finally {
    clearTimeout(timer);
  }
}

/** `/healthz` says that the process lives; `/readyz` that it can do its work now, or 503 with what is missing. */
export function healthRoutes({
  lifecycle,
  checks,
  progress,
  warnings,
  logger,
  timeoutMs,
}: HealthOptions): Router {
  let running: Promise<string[]> | undefined;

  const runChecks = async (): Promise<string[]> => {
    const names = Object.keys(checks);
    const results = await Promise.allSettled(
      Object.values(checks).map(async (check) => withTimeout(check, timeoutMs)),
    );
    return names.filter((name, index) => {
      const result = results[index];
      if (result?.status !== 'rejected') return false;
      logger.warn({ check: name, err: result.reason as unknown }, 'health check failed');
      return true;
    });
  };

  const status = () => lifecycle.state.status;
  const router = Router({ caseSensitive: true });
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    if (status() === 'ready') {
      // Concurrent probes share one round, so that polling cannot load the database.
      running ??= runChecks().finally(() => {
        running = undefined;
      });
      const failing = await running;
      // Asked again: the service may have begun to stop while the checks ran.
      if (status() === 'ready') {
        const found = warnings();
        const details = found.length === 0 ? {} : { warnings: found };
        if (failing.length === 0) response.json({ status: 'ready', ...details });
        else response.status(503).json({ status: 'unavailable', failing, ...details });
        return;
      }
    }
    const now = status();
    response.status(503).json(now === 'starting' ? { status: 'loading', ...progress() } : { status: now });
  });
  return router;
}

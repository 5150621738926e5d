import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { Registry } from 'prom-client';
import { listen } from '../listen.js';

export interface MetricsServer {
  /** For example `http://127.0.0.1:9464/metrics`. */
  readonly address: string;
  /** Closes every connection. */
  close(): Promise<void>;
}

/** Connections that one monitoring system needs, a few times over. */
const MAX_CONNECTIONS = 32;

/**
 * Serves the metrics, and nothing else, on a listener of their own, so that users of the service do not see
 * how it is used.
 * @param options.port 0 picks a free one.
 * @throws what `listen` reports, EADDRINUSE for a port that is taken.
 */
export async function serveMetrics(
  registry: Registry,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<MetricsServer> {
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 10_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16_384,
    },
    answer(registry),
  );
  server.setTimeout(120_000);
  server.maxConnections = MAX_CONNECTIONS;
  const address = await listen(server, { host, port });
  return {
    address: `${address}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function answer(registry: Registry): RequestListener {
  return (request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      response.statusCode = 404;
      response.end();
      return;
    }
    registry.metrics().then(
      (text) => {
        response.setHeader('Content-Type', registry.contentType);
        response.end(text);
      },
      () => {
        response.statusCode = 500;
        response.end();
      },
    );
  };
}

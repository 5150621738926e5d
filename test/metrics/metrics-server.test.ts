import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config/load-config.js';
import { serveMetrics, type MetricsServer } from '../../src/metrics/metrics-server.js';
import { ServiceMetrics } from '../../src/metrics/service-metrics.js';
import { startMetricsServer } from '../../src/metrics/start-metrics-server.js';
import { request } from '../support/api/http.js';

async function serve(port = 0): Promise<MetricsServer & { readonly port: number }> {
  const server = await serveMetrics(new ServiceMetrics().registry, { host: '127.0.0.1', port });
  onTestFinished(() => server.close());
  return { ...server, port: Number(new URL(server.address).port) };
}

it('gives the metrics in the text format of Prometheus, with nothing that tells the version of the server', async () => {
  const { port } = await serve();
  const answer = await request(port, { method: 'GET', path: '/metrics' });
  expect(answer.status).toBe(200);
  expect(answer.headers).toMatchObject({
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  expect(answer.headers).not.toHaveProperty('server');
  expect(answer.headers).not.toHaveProperty('x-powered-by');
  expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  expect(answer.body).toContain('# TYPE face_operations_total counter');
});

it.each([
  ['POST', '/metrics'],
  ['HEAD', '/metrics'],
  ['OPTIONS', '/metrics'],
  ['GET', '/'],
  ['GET', '/metrics/'],
  ['GET', '/metrics/../register'],
  ['GET', '//metrics'],
  ['GET', '/graphql'],
])('has nothing for %s %s', async (method, path) => {
  const { port } = await serve();
  expect(await request(port, { method, path })).toMatchObject({ status: 404, body: '' });
});

it('is gone after closing, kept connections included', async () => {
  const server = await serve();
  await (await fetch(server.address)).text();
  await server.close();
  await expect(fetch(server.address)).rejects.toThrow();
});

it('does without metrics, and says what to do, only when the port is taken that nobody asked for', async () => {
  const taken = await serve();
  const warnings: unknown[] = [];
  const logger = { warn: (...entry: unknown[]) => warnings.push(entry) };
  const start = (portMayBeTaken: boolean) =>
    startMetricsServer(new ServiceMetrics(), { host: '127.0.0.1', port: taken.port, portMayBeTaken }, logger);
  await expect(start(false)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  expect(warnings).toEqual([]);
  expect(await start(true)).toBeUndefined();
  expect(warnings).toEqual([[{ port: taken.port }, expect.stringContaining('METRICS_PORT')]]);
  await expect(
    startMetricsServer(
      new ServiceMetrics(),
      { host: '192.0.2.1', port: taken.port, portMayBeTaken: true },
      logger,
    ),
  ).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
});

it('is configured by METRICS_HOST and METRICS_PORT', async () => {
  const settings = (environment: NodeJS.ProcessEnv) => loadConfig(environment).metrics;
  expect(settings({})).toEqual({ host: '127.0.0.1', port: 9464, portMayBeTaken: true });
  expect(settings({ METRICS_PORT: '' })).toEqual({ host: '127.0.0.1', port: 9464, portMayBeTaken: true });
  expect(settings({ METRICS_HOST: '::1', METRICS_PORT: '9464' })).toEqual({
    host: '::1',
    port: 9464,
    portMayBeTaken: false,
  });
  expect(settings({ METRICS_PORT: '0' })).toMatchObject({ port: 0, portMayBeTaken: false });
  expect(settings({ METRICS_PORT: 'off' })).toBeUndefined();
  for (const bad of ['65536', 'on', '-1', '94.64', ' 9464'])
    expect(() => settings({ METRICS_PORT: bad })).toThrow('METRICS_PORT');
  expect(
    await startMetricsServer(new ServiceMetrics(), settings({ METRICS_PORT: 'off' }), {
      warn: () => undefined,
    }),
  ).toBeUndefined();
});

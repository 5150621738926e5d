import { expect, it, onTestFinished } from 'vitest';
import { startApi } from '../support/api/api.js';
import { request } from '../support/api/http.js';

async function startOpenApi(environment: Record<string, string> = {}): Promise<number> {
  const running = await startApi({ environment });
  onTestFinished(() => running.close());
  return running.port;
}

const listAs = (port: number, host: string) =>
  request(port, { method: 'GET', path: '/register/', headers: { Host: host } });

it.each(['evil.example', 'evil.example:4000', 'localhost.evil.example', '127.0.0.1.evil.example'])(
  'without any key a page under the name %s, made to stand for this machine, is refused over both interfaces',
  async (host) => {
    const port = await startOpenApi();
    const rest = await listAs(port, host);
    expect([rest.status, rest.body]).toEqual([403, expect.stringContaining('localhost')]);
    const graphql = await request(port, {
      method: 'POST',
      path: '/graphql',
      headers: { Host: host, 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: '{ users { id } }' }),
    });
    expect([graphql.status, graphql.body]).toEqual([403, expect.stringContaining('FORBIDDEN')]);
  },
);

it('without any key names and addresses of this machine are served', async () => {
  const port = await startOpenApi();
  const hosts = [
    'localhost',
    'LOCALHOST:4000',
    'faces.localhost:4000',
    '127.0.0.1',
    '[::1]:4000',
    '10.0.0.7',
  ];
  for (const host of hosts) expect([host, (await listAs(port, host)).status]).toEqual([host, 200]);
});

it('every name is served where that was asked for', async () => {
  const port = await startOpenApi({ DANGEROUSLY_SERVE_WITHOUT_KEYS: 'yes' });
  expect((await listAs(port, 'faces.example')).status).toBe(200);
});

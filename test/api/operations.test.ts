import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startApi } from '../support/api/api.js';
import type { ApiOptions, RunningApi } from '../support/api/api.js';
import { REGISTER_USER, uploadBody } from '../support/api/graphql.js';
import { multipartType, parseRaw, request, userForm } from '../support/api/http.js';

const started: RunningApi[] = [];

async function start(options: ApiOptions = {}): Promise<RunningApi> {
  const running = await startApi(options);
  started.push(running);
  return running;
}

afterEach(() => Promise.all(started.splice(0).map((running) => running.close())));

interface Connection {
  readonly socket: Socket;
  /** Everything received so far. */
  text(): string;
  readonly closed: Promise<void>;
}

function open(port: number, ...chunks: (string | Buffer)[]): Connection {
  const received: Buffer[] = [];
  const socket = connect(port, '127.0.0.1');
  socket.on('data', (data) => received.push(data));
  socket.on('error', () => undefined);
  for (const chunk of chunks) socket.write(chunk);
  return {
    socket,
    text: () => Buffer.concat(received).toString(),
    closed: new Promise((resolve) => {
      socket.once('close', () => {
        resolve();
      });
    }),
  };
}

/** A promise to wait on and the means to settle it. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

function connectionsOf(running: RunningApi): Promise<number> {
  return new Promise((resolve, reject) => {
    running.api.server.getConnections((error, count) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
}

const verifyHead = (length: number) =>
  `POST /verify/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${multipartType}\r\nContent-Length: ${length}\r\n\r\n`;

describe('health', () => {
  const get = (running: RunningApi, path: string) => request(running.port, { method: 'GET', path });

  it('is alive and ready when every check passes', async () => {
    const running = await start({ health: { database: () => Promise.resolve() } });
    expect(await get(running, '/healthz')).toMatchObject({ status: 200, body: '{"status":"ok"}' });
    expect(await get(running, '/readyz')).toMatchObject({ status: 200, body: '{"status":"ready"}' });
    expect(running.api.state).toEqual({ status: 'ready', address: running.url });
  });

  it('is alive and says how far it is while the service loads, and refuses work retryably', async () => {
    const running = await start({ loading: true });
    expect(await get(running, '/healthz')).toMatchObject({ status: 200 });
    expect(await get(running, '/readyz')).toMatchObject({
      status: 503,
      body: '{"status":"loading","templates":7}',
    });
    expect(await get(running, '/openapi.json')).toMatchObject({ status: 200 });
    for (const [method, path] of [
      ['GET', '/register/'],
      ['POST', '/verify/'],
      ['POST', '/graphql'],
    ] as const) {
      const answer = await request(running.port, { method, path });
      expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) as string } });
      expect(answer.body).toContain('The service is starting');
    }
    running.api.ready(running.url);
    expect(await get(running, '/register/')).toMatchObject({ status: 200 });
  });

  it('is ready with warnings when something should be mended although the service works', async () => {
    const running = await start({ warnings: ['the clock is wrong'] });
    expect(await get(running, '/readyz')).toMatchObject({
      status: 200,
      body: '{"status":"ready","warnings":["the clock is wrong"]}',
    });
  });

  it('names what fails or does not answer in time, logs why, and recovers', async () => {
    let broken = true;
    const running = await start({
      health: {
        database: () => (broken ? Promise.reject(new Error('connection refused')) : Promise.resolve()),
        images: () => Promise.resolve(),
        workers: () => (broken ? new Promise(() => undefined) : Promise.resolve()),
        models: () => {
          if (broken) throw new Error('thrown at once');
          return Promise.resolve();
        },
      },
      limits: { healthMs: 50 },
    });
    expect(await get(running, '/readyz')).toMatchObject({
      status: 503,
      body: '{"status":"unavailable","failing":["database","workers","models"]}',
    });
    expect(JSON.stringify(running.logs)).toContain('connection refused');
    expect(await get(running, '/healthz')).toMatchObject({ status: 200 });
    broken = false;
    expect(await get(running, '/readyz')).toMatchObject({ status: 200 });
  });

  it('is not ready when it is asked to stop while the checks run', async () => {
    const { passed, open: finish } = gate();
    let checking = false;
    const running = await start({
      health: {
        database: () => {
          checking = true;
          return passed;
        },
      },
    });
    const probe = get(running, '/readyz');
    await expect.poll(() => checking).toBe(true);
    const stopped = running.api.stop();
    finish();
    expect(await probe).toMatchObject({ status: 503 });
    await stopped;
  });

  it('runs one round of checks for many probes at once', async () => {
    let rounds = 0;
    const { passed, open: finish } = gate();
    const running = await start({
      health: {
        database: () => {
          rounds += 1;
          return passed;
        },
      },
    });
    const probes = Array.from({ length: 10 }, () => get(running, '/readyz'));
    await expect.poll(() => connectionsOf(running)).toBe(10);
    await get(running, '/healthz');
    expect(rounds).toBe(1);
    finish();
    for (const probe of await Promise.all(probes)) expect(probe.status).toBe(200);
  });
});

describe('stopping', () => {
  it('finishes a running request, reports draining meanwhile, and takes no new connection', async () => {
    const running = await start({ limits: { drainMs: 20_000 } });
    const { passed, open: finish } = gate();
    const begun = gate();
    running.users.before = () => {
      begun.open();
      return passed;
    };
    const form = userForm('user1', 'face');
    const connection = open(
      running.port,
      `POST /register/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${multipartType}\r\nContent-Length: ${form.body?.length ?? 0}\r\n\r\n`,
      form.body ?? '',
    );
    await begun.passed;
    const stopped = running.api.stop();
    expect(running.api.state).toEqual({ status: 'draining' });
    connection.socket.write('GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await expect(fetch(`${running.url}/healthz`)).rejects.toThrow();
    expect(connection.text()).toBe('');
    finish();
    await stopped;
    await connection.closed;
    const [first = '', second = ''] = connection.text().split(/(?<=\})(?=HTTP\/1\.1 )/);
    expect(parseRaw(first)).toMatchObject({ status: 201 });
    expect(parseRaw(second)).toMatchObject({
      status: 503,
      body: '{"status":"draining"}',
      headers: expect.objectContaining({ connection: 'close' }) as object,
    });
    expect(running.users.faces.has('user1')).toBe(true);
    expect(running.api.state).toEqual({ status: 'stopped' });
  });

  it('closes idle, half-open and stuck connections in the time given', async () => {
    const running = await start({ limits: { drainMs: 200 } });
    const form = userForm('user1', 'face');
    const connections = [
      open(running.port),
      open(running.port, 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      open(running.port, 'GET /hea'),
      open(running.port, verifyHead(1_000_000), form.body ?? ''),
    ];
    running.users.before = () => new Promise(() => undefined);
    connections.push(open(running.port, verifyHead(form.body?.length ?? 0), form.body ?? ''));
    await expect.poll(() => connections[1]?.text()).toContain('200 OK');
    await running.api.stop();
    await Promise.all(connections.map(({ closed }) => closed));
    expect(running.api.server.listening).toBe(false);
  });

  it('can be asked twice', async () => {
    const running = await start();
    await Promise.all([running.api.stop(), running.api.stop()]);
    await running.api.stop();
    expect(running.api.state).toEqual({ status: 'stopped' });
  });

  it('is not ready before it listens', async () => {
    const running = await start({ listen: false });
    expect(running.api.state).toEqual({ status: 'starting' });
    await running.api.stop();
    expect(running.api.state).toEqual({ status: 'stopped' });
  });
});

describe('slow clients', () => {
  const limits = { headersMs: 200, requestMs: 400, idleMs: 600, checkIntervalMs: 50 };

  it.each([
    ['never finishes its headers', 'GET /healthz HTTP/1.1\r\nHost:'],
    ['never finishes its form', verifyHead(1_000) + 'partial'],
    [
      'never finishes its upload',
      'POST /graphql HTTP/1.1\r\nHost: localhost\r\nApollo-Require-Preflight: true\r\n' +
        `Content-Type: ${multipartType}\r\nContent-Length: 1000000\r\n\r\n` +
        uploadBody(REGISTER_USER, 'user1', 'x'.repeat(1_000)).subarray(0, -60).toString(),
    ],
    [
      'never finishes its JSON',
      'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
    ],
  ])('are cut off: one that %s', async (_case, bytes) => {
    const running = await start({ limits });
    const connection = open(running.port, bytes);
    await connection.closed;
    expect(connection.text()).toMatch(/^HTTP\/1\.1 408 /);
    expect(running.users.faces.size).toBe(0);
    expect((await request(running.port, { method: 'GET', path: '/healthz' })).status).toBe(200);
  });

  it('are cut off: one that sends nothing at all', async () => {
    const running = await start({ limits });
    const connection = open(running.port);
    await connection.closed;
    expect(connection.text()).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });

  it('are cut off: one that stops reading its answer', async () => {
    const running = await start({ limits });
    const timestamp = new Date(0);
    for (let index = 0; index < 60_000; index++) {
      const id = `${index}`.padStart(250, '0');
      running.users.faces.set(id, { user: { id, timestamp }, face: id });
    }
    const connection = open(running.port, 'GET /register/ HTTP/1.1\r\nHost: localhost\r\n\r\n');
    connection.socket.pause();
    await expect
      .poll(() => running.logs, { timeout: 20_000 })
      .toContainEqual(expect.objectContaining({ route: '/register', aborted: true }));
    connection.socket.destroy();
  });

  it('are told when their headers are too large', async () => {
    const running = await start();
    const answer = await request(running.port, {
      method: 'GET',
      path: '/healthz',
      headers: { 'X-Long': 'x'.repeat(20_000) },
    });
    expect(answer.status).toBe(431);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiKey } from '../../src/access/api-key.js';
import { openSqlite } from '../support/databases/open-sqlite.js';
import type { Database } from '../../src/database/database.js';
import { startApi } from '../support/api/api.js';
import type { RunningApi } from '../support/api/api.js';
import { storeKey, withOtherSecret } from '../support/api/api-keys.js';
import { REGISTER_USER, uploadBody } from '../support/api/graphql.js';
import { multipartBody, multipartType, request, userForm } from '../support/api/http.js';

const ORIGIN = 'https://app.example';

let folder: string;
let database: Database;
let running: RunningApi;
let key: string;
let keysFail = false;

const unlessFailing = <T>(read: () => Promise<T>): Promise<T> =>
  keysFail ? Promise.reject(new Error('disk I/O error')) : read();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'access-test-'));
  database = await openSqlite(folder);
  ({ key } = await storeKey(database.apiKeys, { scopes: ['read'] }));
  running = await startApi({
    apiKeys: {
      find: (id) => unlessFailing(() => database.apiKeys.find(id)),
      any: () => unlessFailing(() => database.apiKeys.any()),
    },
    environment: { CORS_ORIGINS: ORIGIN },
  });
});
beforeEach(() => {
  keysFail = false;
  running.users.faces.clear();
  running.users.before = () => Promise.resolve();
});
afterAll(async () => {
  await running.close();
  await database.close();
  await rm(folder, { recursive: true });
});

const list = (headers: Readonly<Record<string, string>>, path = '/register/') =>
  request(running.port, { method: 'GET', path, headers });

const bearer = (value: string) => ({ Authorization: `Bearer ${value}` });

/** A connection that stays open; tells the statuses of the answers so far. */
function conversation(port: number) {
  let text = '';
  const socket = connect(port, '127.0.0.1');
  socket.on('data', (data) => (text += data.toString()));
  return {
    send: (...chunks: (string | Buffer)[]) => {
      for (const chunk of chunks) socket.write(chunk);
    },
    answers: () => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)),
    end: () => socket.destroy(),
  };
}

it('with a key the service is used under any name', async () => {
  const answer = await list({ ...bearer(key), Host: 'faces.example' });
  expect(answer.status).toBe(200);
});

describe('a key', () => {
  it('is taken from either header, whatever the case of the scheme', async () => {
    for (const headers of [
      bearer(key),
      { authorization: `bearer  ${key}` },
      { 'X-API-Key': key },
      { ...bearer(key), 'X-API-Key': key },
      { Authorization: 'Basic dXNlcjpwYXNzd29yZA==', 'X-API-Key': key },
    ])
      expect((await list(headers)).status, JSON.stringify(headers)).toBe(200);
  });

  it('is not taken when there are two, even when both are good', async () => {
    const other = (await storeKey(database.apiKeys)).key;
    for (const headers of [
      { ...bearer(key), 'X-API-Key': other },
      { ...bearer(key), 'X-API-Key': '' },
      { ...bearer(key), authorization: `Bearer ${other}` },
      { 'X-API-Key': key, 'x-api-key': other },
    ])
      expect((await list(headers)).status, JSON.stringify(headers)).toBe(401);
  });

  it('is not taken from anywhere else', async () => {
    const inQuery = `?access_token=${key}&api_key=${key}&X-API-Key=${key}`;
    expect((await list({}, `/register/${inQuery}`)).status).toBe(401);
    expect((await list({ Cookie: `X-API-Key=${key}; Authorization=Bearer ${key}` })).status).toBe(401);
    expect((await list({ Authorization: key })).status).toBe(401);
    expect((await list({ Authorization: `Basic ${key}` })).status).toBe(401);
    const inBody = await request(running.port, {
      method: 'DELETE',
      path: '/register/',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ id: 'ada', 'X-API-Key': key, authorization: `Bearer ${key}` }),
    });
    expect(inBody.status).toBe(401);
  });

  it('that was revoked is refused by the next request on the same connection', async () => {
    const { id, key: other } = await storeKey(database.apiKeys, { scopes: ['read'] });
    const talk = conversation(running.port);
    const get = `GET /register/ HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${other}\r\n\r\n`;
    talk.send(get);
    await expect.poll(talk.answers).toEqual([200]);
    await database.apiKeys.revoke(id, new Date());
    talk.send(get);
    await expect.poll(talk.answers).toEqual([200, 401]);
    talk.end();
  });

  it('appears in no log line, whether it is good or not', async () => {
    const keys = [key, withOtherSecret(key), createApiKey().key, `${key}x`, 'guess-of-a-key'];
    for (const one of keys)
      for (const path of ['/register/', '/nothing', '/graphql', `/register/${one}`, `/verify/?key=${one}`])
        for (const headers of [bearer(one), { 'X-API-Key': one }]) await list(headers, path);
    keysFail = true;
    expect((await list(bearer(key))).status).toBe(503);
    const log = JSON.stringify(running.logs);
    expect(running.logs.length).toBeGreaterThan(40);
    expect(log).toContain('UNAUTHENTICATED');
    for (const one of keys) expect(log).not.toContain(one.slice(-43));
  });
});

describe('refusals', () => {
  it('look the same for every reason', async () => {
    const past = new Date('2020-01-01T00:00:00Z');
    const refused = [
      {},
      bearer(createApiKey().key),
      bearer(withOtherSecret(key)),
      bearer('nonsense'),
      bearer(''),
      bearer((await storeKey(database.apiKeys, { expiresAt: past })).key),
      bearer((await storeKey(database.apiKeys, { revoked: true })).key),
      { ...bearer(key), 'X-API-Key': createApiKey().key },
    ];
    const answers = await Promise.all(
      refused.map((headers) => list({ 'X-Request-Id': 'request-id', ...headers })),
    );
    const shapes = answers.map(({ text }) => text.replace(/^Date: .*$/m, ''));
    expect(new Set(shapes).size).toBe(1);
    expect(answers[0]?.status).toBe(401);
  });

  it('for want of a scope come before the body over REST', async () => {
    for (const path of ['/register/', '/verify/']) {
      const talk = conversation(running.port);
      talk.send(
        `POST ${path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${key}\r\nContent-Type: ${multipartType}\r\nContent-Length: 1000000\r\n\r\n`,
      );
      await expect.poll(talk.answers, { message: path }).toEqual([403]);
      talk.end();
    }
  });

  it('come before the body, which may never come', async () => {
    for (const path of ['/register/', '/verify', '/graphql'])
      for (const type of [multipartType, 'application/json']) {
        const talk = conversation(running.port);
        talk.send(
          `POST ${path} HTTP/1.1\r\nHost: localhost\r\nApollo-Require-Preflight: x\r\nContent-Type: ${type}\r\nContent-Length: 1000000\r\n\r\n`,
        );
        await expect.poll(talk.answers, { message: path }).toEqual([401]);
        talk.end();
      }
  });

  it('of an upload leave its connection usable', async () => {
    const picture = Buffer.alloc(3_000_000, 'x');
    const form = userForm('ada', picture).body ?? '';
    const bodies: [path: string, body: string | Buffer][] = [
      ['/register/', form],
      ['/verify/', form],
      ['/graphql', uploadBody(REGISTER_USER, 'ada', picture)],
    ];
    for (const [path, body] of bodies)
      for (const [status, sent] of [
        [401, createApiKey().key],
        [403, key],
      ] as const) {
        const talk = conversation(running.port);
        talk.send(
          `POST ${path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${sent}\r\nApollo-Require-Preflight: x\r\n` +
            `Content-Type: ${multipartType}\r\nContent-Length: ${body.length}\r\n\r\n`,
          body,
          `GET /register/ HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${key}\r\n\r\n`,
        );
        await expect.poll(talk.answers, { message: `${path} ${status}` }).toEqual([status, 200]);
        talk.end();
      }
    expect(running.users.faces.size).toBe(0);
  });

  it.each(['verify', 'delete'] as const)(
    'concern all fields of an operation, also in fragments: %s alone does nothing',
    async (scope) => {
      const { key: partial } = await storeKey(database.apiKeys, { scopes: [scope] });
      running.users.faces.set('ada', { user: { id: 'ada', timestamp: new Date(0) }, face: 'face' });
      const work: string[] = [];
      running.users.before = (operation) => {
        work.push(operation);
        return Promise.resolve();
      };
      const send = (sent: string) =>
        request(running.port, {
          method: 'POST',
          path: '/graphql',
          headers: { ...bearer(sent), 'Content-Type': multipartType, 'Apollo-Require-Preflight': 'x' },
          body: multipartBody([
            {
              name: 'operations',
              value: JSON.stringify({
                query:
                  'mutation ($image: Upload!) { ...both ... on Mutation { gone: deleteUser(id: "ada") { message } } } fragment both on Mutation { measured: analyseFace(image: $image) { size } }',
                variables: { image: null },
              }),
            },
            { name: 'map', value: '{"0":["variables.image"]}' },
            { name: '0', value: 'face', filename: 'x' },
          ]),
        });
      const answer = await send(partial);
      expect(answer.status).toBe(403);
      expect(answer.body).toContain(`lacks the scope ${scope === 'verify' ? 'delete' : 'verify'}`);
      expect(work).toEqual([]);

      const { key: both } = await storeKey(database.apiKeys, { scopes: ['verify', 'delete'] });
      expect((await send(both)).status).toBe(200);
      expect(work).toEqual(['analyse', 'remove']);
    },
  );

  it('are retryable, and nothing is done, while the keys cannot be read', async () => {
    keysFail = true;
    const form = userForm('ada', 'face');
    const headers = { ...bearer((await storeKey(database.apiKeys)).key), ...form.headers };
    const send = (path: string) => request(running.port, { method: 'POST', path, ...form, headers });
    for (const path of ['/verify/', '/register/', '/graphql']) {
      const answer = await send(path);
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
      const error = 'The service is temporarily unavailable; try again shortly';
      expect(JSON.parse(answer.body)).toMatchObject(
        path === '/graphql'
          ? { errors: [{ extensions: { code: 'UNAVAILABLE', retryable: true } }] }
          : { error },
      );
    }
    expect(running.users.faces.size).toBe(0);
    keysFail = false;
    expect((await send('/register/')).status).toBe(201);
  });
});

describe('without a key', () => {
  it('health, readiness, the REST description and the Sandbox page stay open', async () => {
    for (const path of ['/healthz', '/readyz', '/openapi.json'])
      expect((await list({}, path)).status, path).toBe(200);
    const page = await list({ Accept: 'text/html' }, '/graphql');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect((await list({}, '/nothing')).status).toBe(404);
  });

  it('GraphQL does not even tell its schema', async () => {
    const path = `/graphql?query=${encodeURIComponent('{ __schema { queryType { name } } }')}`;
    const preflight = { 'Apollo-Require-Preflight': 'x' };
    expect((await list(preflight, path)).status).toBe(401);
    expect((await list({ ...preflight, ...bearer(key) }, path)).status).toBe(200);
  });

  it('browsers may ask whether they may send one, and can read a refusal', async () => {
    for (const path of ['/graphql', '/register/', '/verify']) {
      const preflight = await request(running.port, {
        method: 'OPTIONS',
        path,
        headers: {
          Origin: ORIGIN,
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'authorization,x-api-key',
        },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers['access-control-allow-origin']).toBe(ORIGIN);
      expect(preflight.headers['access-control-allow-headers']).toBe('authorization,x-api-key');
      const refused = await request(running.port, { method: 'POST', path, headers: { Origin: ORIGIN } });
      expect(refused.status).toBe(401);
      expect(refused.headers['access-control-allow-origin']).toBe(ORIGIN);
      expect(refused.headers['access-control-expose-headers']).toContain('WWW-Authenticate');
    }
  });
});

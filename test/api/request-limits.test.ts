import { afterEach, describe, expect, it } from 'vitest';
import { createApiKey, hashApiKey } from '../../src/access/api-key.js';
import { ServiceError } from '../../src/errors.js';
import { startApi } from '../support/api/api.js';
import type { RunningApi } from '../support/api/api.js';
import { query, REGISTER_USER, upload, VERIFY_USER } from '../support/api/graphql.js';
import { multipartType, request, userForm } from '../support/api/http.js';

let running: RunningApi;

afterEach(() => running.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  request(running.port, { method: 'GET', path, headers });

describe('too many requests from one address', () => {
  it('are refused on every route in its own shape, with the seconds to wait', async () => {
    running = await startApi({ environment: { ADDRESS_REQUESTS_PER_MINUTE: '2' } });
    expect((await get('/register/')).status).toBe(200);
    expect((await query(running.url, '{ users { id } }')).status).toBe(200);

    const listed = await get('/register/');
    expect(listed.status).toBe(429);
    expect(listed.body).toBe('{"error":"Too many requests; try again later"}');
    const seconds = Number(listed.headers['retry-after']);
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(60);

    const verified = await request(running.port, {
      method: 'POST',
      path: '/verify/',
      ...userForm('user1', 'face'),
    });
    expect(verified.status).toBe(429);
    expect(verified.body).toBe('{"error":"Too many requests; try again later","verified":false}');

    const answer = await upload(running.url, REGISTER_USER, 'user1', 'face');
    expect(answer.status).toBe(429);
    expect(answer.errors).toEqual([
      {
        message: 'Too many requests; try again later',
        extensions: {
          code: 'RATE_LIMITED',
          requestId: answer.headers.get('x-request-id'),
          retryable: true,
          retryAfterSeconds: Number(answer.headers.get('retry-after')),
          http: { status: 429 },
        },
      },
    ]);
    expect(running.users.faces.size).toBe(0);
  });

  it('are refused before the body has come', async () => {
    running = await startApi({ environment: { ADDRESS_REQUESTS_PER_MINUTE: '1' } });
    await get('/register/');
    for (const path of ['/verify/', '/register/', '/graphql']) {
      const answer = await request(running.port, {
        method: 'POST',
        path,
        headers: { 'Content-Type': multipartType, 'Content-Length': '9000000' },
        body: 'the rest never comes',
      });
      expect(answer.status).toBe(429);
    }
  });

  it('do not keep health, readiness and the description of the interface from being read', async () => {
    running = await startApi({ environment: { ADDRESS_REQUESTS_PER_MINUTE: '1' } });
    for (let time = 0; time < 3; time += 1)
      for (const path of ['/healthz', '/readyz', '/openapi.json']) expect((await get(path)).status).toBe(200);
    expect((await get('/register/')).status).toBe(200);
  });

  it('are counted by the address behind the trusted proxy, IPv6 by its network', async () => {
    running = await startApi({ environment: { ADDRESS_REQUESTS_PER_MINUTE: '1', TRUST_PROXY: '1' } });
    const statusFor = async (forwarded: string) =>
      (await get('/register/', { 'X-Forwarded-For': forwarded })).status;
    expect(await statusFor('192.0.2.1')).toBe(200);
    expect(await statusFor('192.0.2.2')).toBe(200);
    expect(await statusFor('forged, 192.0.2.1')).toBe(429);
    expect(await statusFor('2001:db8:1:2::1')).toBe(200);
    expect(await statusFor('2001:db8:1:2:ffff::9')).toBe(429);
    expect(await statusFor('2001:db8:1:3::1')).toBe(200);
  });

  it('cannot be hidden by an address that nobody forwarded', async () => {
    running = await startApi({ environment: { ADDRESS_REQUESTS_PER_MINUTE: '1' } });
    const statusFor = async (forwarded: string) =>
      (await get('/register/', { 'X-Forwarded-For': forwarded })).status;
    expect(await statusFor('192.0.2.1')).toBe(200);
    expect(await statusFor('192.0.2.2')).toBe(429);
  });
});

describe('too many failed attempts', () => {
  const environment = { FREE_FAILURES_PER_CALLER: '2', TRUST_PROXY: '1' };
  const verifyOverRest = (picture: string, address = '192.0.2.1') => {
    const { headers, body } = userForm('user1', picture);
    return request(running.port, {
      method: 'POST',
      path: '/verify/',
      headers: { ...headers, 'X-Forwarded-For': address },
      ...(body !== undefined && { body }),
    });
  };

  it('are refused over REST with the seconds to wait, for the address that made them', async () => {
    running = await startApi({ environment });
    await upload(running.url, REGISTER_USER, 'user1', 'face');
    for (let time = 0; time < 2; time += 1) expect((await verifyOverRest('other')).status).toBe(200);
    const refused = await verifyOverRest('face');
    expect(refused).toMatchObject({
      status: 429,
      body: '{"error":"Too many failed attempts for this id; try again later","verified":false}',
      headers: expect.objectContaining({ 'retry-after': '1' }) as object,
    });
    expect((await verifyOverRest('face', '192.0.2.2')).body).toContain('"verified":true');
  });

  it('are refused over GraphQL with the seconds to wait', async () => {
    running = await startApi();
    running.users.before = (operation) =>
      operation === 'verify'
        ? Promise.reject(new ServiceError('TOO_MANY_ATTEMPTS', { retryAfterSeconds: 128 }))
        : Promise.resolve();
    const answer = await upload(running.url, VERIFY_USER, 'user1', 'face');
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('128');
    expect(answer.errors?.[0]).toMatchObject({
      message: 'Too many failed attempts for this id; try again later',
      extensions: { code: 'TOO_MANY_ATTEMPTS', retryable: true, retryAfterSeconds: 128 },
    });
    const overRest = await verifyOverRest('face');
    expect(overRest.headers['retry-after']).toBe('128');
  });
});

describe('keys', () => {
  const { key } = createApiKey();
  const environmentKey = (name: string, secret: string) =>
    `${name}:read:${Buffer.from(hashApiKey(secret)).toString('hex')}`;

  it('that are wrong are refused as too many after a while, while a valid one goes on', async () => {
    running = await startApi({
      environment: { FAILED_KEYS_PER_MINUTE: '2', API_KEYS: environmentKey('gate', key) },
    });
    const statusWith = async (offered: string) => (await get('/register/', { 'X-API-Key': offered })).status;
    expect([await statusWith('wrong'), await statusWith('wrong'), await statusWith('wrong')]).toEqual([
      401, 401, 429,
    ]);
    expect(await statusWith(key)).toBe(200);
  });

  it('may be used so often, wherever from', async () => {
    const { key: another } = createApiKey();
    running = await startApi({
      environment: {
        KEY_REQUESTS_PER_MINUTE: '1',
        TRUST_PROXY: '1',
        API_KEYS: `${environmentKey('gate', key)},${environmentKey('door', another)}`,
      },
    });
    const statusWith = async (offered: string, address: string) =>
      (await get('/register/', { 'X-API-Key': offered, 'X-Forwarded-For': address })).status;
    expect(await statusWith(key, '192.0.2.1')).toBe(200);
    expect(await statusWith(key, '192.0.2.2')).toBe(429);
    expect(await statusWith(another, '192.0.2.2')).toBe(200);
  });
});

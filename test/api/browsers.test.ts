import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi } from '../support/api/api.js';
import type { RunningApi } from '../support/api/api.js';
import { postMultipart, query, REGISTER_USER, uploadBody } from '../support/api/graphql.js';
import { multipartType } from '../support/api/http.js';

const SANDBOX = 'https://studio.apollographql.com';
const CONFIGURED = 'https://app.example';
const browser = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const INTROSPECTION = '{ __schema { queryType { name } } }';

let development: RunningApi;
let production: RunningApi;

beforeAll(async () => {
  const CORS_ORIGINS = `${CONFIGURED}/`;
  [development, production] = await Promise.all([
    startApi({ environment: { CORS_ORIGINS } }),
    startApi({ environment: { CORS_ORIGINS, NODE_ENV: 'production' } }),
  ]);
});
afterAll(() => Promise.all([development.close(), production.close()]));

const preflight = (api: RunningApi, path: string, origin: string) =>
  fetch(`${api.url}${path}`, {
    method: 'OPTIONS',
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'apollo-require-preflight,content-type',
    },
  });

describe('outside production', () => {
  it('shows Apollo Sandbox at /graphql, with its CDN allowed on that page by a fresh nonce', async () => {
    const pages = await Promise.all(
      [1, 2].map(() => fetch(`${development.url}/graphql`, { headers: browser })),
    );
    const nonces = await Promise.all(
      pages.map(async (page) => {
        expect(page.status).toBe(200);
        expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
        const policy = page.headers.get('content-security-policy') ?? '';
        const nonce =
          /script-src 'nonce-([0-9a-f]{64})' https:\/\/embeddable-sandbox\.cdn\.apollographql\.com/.exec(
            policy,
          )?.[1];
        expect(policy).not.toContain('unsafe');
        const html = await page.text();
        expect(html).toContain('embeddable-sandbox.cdn.apollographql.com');
        const scripts = html.match(/<script[^>]*>/g) ?? [];
        expect(scripts.length).toBeGreaterThan(0);
        for (const script of scripts) expect(script).toContain(`nonce="${nonce ?? ''}"`);
        return nonce;
      }),
    );
    expect(new Set(nonces).size).toBe(2);
  });

  it('allows the CDN nowhere else', async () => {
    for (const path of ['/graphql?query=%7B__typename%7D', '/register/', '/nothing', '/openapi.json']) {
      const answer = await fetch(`${development.url}${path}`, {
        headers: { 'X-Apollo-Operation-Name': 'x' },
      });
      expect(answer.headers.get('content-security-policy')).not.toContain('apollographql');
    }
  });

  it('lets the hosted Sandbox call /graphql but not the REST routes', async () => {
    const answer = await preflight(development, '/graphql', SANDBOX);
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(SANDBOX);
    expect(answer.headers.get('access-control-allow-headers')).toBe('apollo-require-preflight,content-type');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    const call = await fetch(`${development.url}/graphql`, {
      method: 'POST',
      headers: { Origin: SANDBOX, 'Content-Type': multipartType, 'Apollo-Require-Preflight': 'true' },
      body: new Uint8Array(uploadBody(REGISTER_USER, 'from-sandbox', 'face')),
    });
    expect(call.headers.get('access-control-allow-origin')).toBe(SANDBOX);
    expect(development.users.faces.has('from-sandbox')).toBe(true);
    const rest = await preflight(development, '/register/', SANDBOX);
    expect(rest.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('answers introspection and suggests names', async () => {
    expect((await query(development.url, INTROSPECTION)).data).toEqual({
      __schema: { queryType: { name: 'Query' } },
    });
    expect((await query(development.url, '{ user { id } }')).errors?.[0]?.message).toContain('users');
  });
});

describe('in production', () => {
  it('has no landing page, introspection, suggestions or Sandbox', async () => {
    const page = await fetch(`${production.url}/graphql`, { headers: browser });
    expect(page.status).toBe(400);
    expect(page.headers.get('content-type')).toMatch(/json/);
    expect((await query(production.url, INTROSPECTION)).errors?.[0]?.extensions['code']).toBe(
      'GRAPHQL_VALIDATION_FAILED',
    );
    expect((await query(production.url, '{ user { id } }')).errors?.[0]?.message).not.toContain('users');
    const answer = await preflight(production, '/graphql', SANDBOX);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('serves the OpenAPI document', async () => {
    const answer = await fetch(`${production.url}/openapi.json`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ openapi: '3.1.0' });
  });
});

describe('in both', () => {
  it('lets the configured origins call everything, and no other origin anything', async () => {
    for (const api of [development, production]) {
      for (const path of ['/graphql', '/register', '/verify/']) {
        const allowed = await preflight(api, path, CONFIGURED);
        expect(allowed.status).toBe(204);
        expect(allowed.headers.get('access-control-allow-origin')).toBe(CONFIGURED);
        expect(allowed.headers.get('vary')).toContain('Origin');
        for (const origin of [
          'https://evil.example',
          'null',
          `${CONFIGURED}.evil.example`,
          'http://app.example',
        ])
          expect((await preflight(api, path, origin)).headers.get('access-control-allow-origin')).toBeNull();
      }
    }
  });

  it.each([
    ['text/plain', '{"query":"{ users { id } }"}'],
    ['application/x-www-form-urlencoded', 'query={users{id}}'],
    [multipartType, uploadBody(REGISTER_USER, 'csrf', 'face').toString()],
  ])('refuses what a page elsewhere can send without asking: %s', async (type, body) => {
    for (const api of [development, production]) {
      const answer = await postMultipart(api.url, Buffer.from(body), { 'Content-Type': type });
      expect(answer.status).toBe(400);
      expect(answer.errors?.[0]?.extensions['code']).toBe('BAD_REQUEST');
      expect(api.users.faces.has('csrf')).toBe(false);
    }
  });

  it('refuses GET without the header that browsers must ask permission for', async () => {
    for (const api of [development, production]) {
      const plain = await fetch(`${api.url}/graphql?query=%7Busers%7Bid%7D%7D`);
      expect(plain.status).toBe(400);
      const header = { 'Apollo-Require-Preflight': 'true' };
      const allowed = await fetch(`${api.url}/graphql?query=%7Busers%7Bid%7D%7D`, { headers: header });
      expect(allowed.status).toBe(200);
    }
  });

  it('changes nothing on GET', async () => {
    const mutation = encodeURIComponent('mutation { deleteUser(id: "x") { message } }');
    const answer = await fetch(`${development.url}/graphql?query=${mutation}`, {
      headers: { 'Apollo-Require-Preflight': 'true' },
    });
    expect(answer.status).toBe(405);
  });
});

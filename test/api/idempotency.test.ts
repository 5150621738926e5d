import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startApi, type RunningApi } from '../support/api/api.js';
import { REGISTER_USER, postMultipart, uploadBody } from '../support/api/graphql.js';
import { request, userForm } from '../support/api/http.js';

let running: RunningApi;

beforeEach(async () => {
  const started = await startApi();
  running = started;
  onTestFinished(() => started.close());
});

type Keys = string | readonly string[];

async function rest(method: 'POST' | 'DELETE', path: string, id: string, face: string, keys: Keys) {
  const form =
    method === 'DELETE'
      ? { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ id }) }
      : userForm(id, face);
  const headers = { ...form.headers, 'Idempotency-Key': keys };
  const { status, body } = await request(running.port, { method, path, ...form, headers });
  return { status, body };
}

describe('Idempotency-Key over REST', () => {
  it('gives every documented route its first answer again, byte for byte', async () => {
    const routes = [
      ['POST', '/register/', 'key-0001', 201],
      ['POST', '/verify/', 'key-0002', 200],
      ['DELETE', '/register/', 'key-0003', 204],
    ] as const;
    const firsts: unknown[] = [];
    for (const [method, path, key, status] of routes) {
      const first = await rest(method, path, 'ann', 'face', key);
      expect(first.status).toBe(status);
      firsts.push(first);
    }
    // The person is gone by now: without the keys the answers would be others.
    const again = [];
    for (const [method, path, key] of routes) again.push(await rest(method, path, 'ann', 'face', key));
    expect(again).toEqual(firsts);
    expect(running.users.faces.size).toBe(0);
  });

  it('answers 422 to another request under the same key, in the documented shape', async () => {
    await rest('POST', '/register/', 'ann', 'face', 'key-0001');
    for (const [method, path, id, face] of [
      ['POST', '/register/', 'ann', 'another face'],
      ['POST', '/register/', 'bob', 'face'],
      ['POST', '/verify/', 'ann', 'face'],
      ['DELETE', '/register/', 'ann', 'face'],
    ] as const) {
      const { status, body } = await rest(method, path, id, face, 'key-0001');
      expect(status).toBe(422);
      expect(JSON.parse(body)).toMatchObject({
        error: 'This Idempotency-Key was used for another request; take a new key',
      });
    }
    expect([...running.users.faces.keys()]).toEqual(['ann']);
  });

  it.each([
    ['short', 'short'],
    ['too long', 'k'.repeat(256)],
    ['with a space', 'key 0000001'],
    ['sent twice', ['key-0001', 'key-0002']],
  ])('is refused when it is %s', async (_, keys) => {
    const { status, body } = await rest('POST', '/register/', 'ann', 'face', keys);
    expect(status).toBe(400);
    expect(body).toContain('Idempotency-Key');
    expect(running.users.faces.size).toBe(0);
  });
});

describe('Idempotency-Key over GraphQL', () => {
  const headers = { 'Apollo-Require-Preflight': 'true', 'Idempotency-Key': 'key-0001' };

  it('gives the first answer again, and 422 to another picture', async () => {
    const register = (face: string) =>
      postMultipart(running.url, uploadBody(REGISTER_USER, 'ann', face), headers);
    const first = await register('face');
    expect(first.data).not.toBeNull();
    expect(await register('face').then(({ data }) => data)).toEqual(first.data);
    const { errors } = await register('another face');
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
  });

  it('names each aliased field of a request by itself', async () => {
    for (const id of ['ann', 'bob']) await rest('POST', '/register/', id, `face of ${id}`, `key-of-${id}`);
    const deleteBoth = async () => {
      const response = await fetch(`${running.url}/graphql`, {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'application/json' },
        body: JSON.stringify({
          query: 'mutation { a: deleteUser(id: "ann") { message } b: deleteUser(id: "bob") { message } }',
        }),
      });
      return await response.json();
    };
    const first = await deleteBoth();
    expect(first).toMatchObject({ data: { a: { message: expect.any(String) as string } } });
    expect(running.users.faces.size).toBe(0);
    expect(await deleteBoth()).toEqual(first);
  });
});

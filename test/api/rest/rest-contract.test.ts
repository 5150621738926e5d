import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startApi } from '../../support/api/api.js';
import type { RunningApi } from '../../support/api/api.js';
import { multipartBody, multipartType, request, userForm } from '../../support/api/http.js';
import type { RawAnswer } from '../../support/api/http.js';

let running: RunningApi;

beforeAll(async () => {
  running = await startApi();
});
beforeEach(() => {
  running.users.faces.clear();
  running.users.before = () => Promise.resolve();
});
afterAll(() => running.close());

function expectJson(answer: RawAnswer, status: number, body: string): void {
  expect({ status: answer.status, type: answer.headers['content-type'], body: answer.body }).toEqual({
    status,
    type: 'application/json; charset=utf-8',
    body,
  });
}

const idForm = (id: string, extra: Record<string, string> = {}) => ({
  headers: { 'Content-Type': multipartType, ...extra },
  body: multipartBody([{ name: 'id', value: id }]),
});

describe.each(['', '/'])('with "%s" at the end of the path', (slash) => {
  const register = `/register${slash}`;
  const verify = `/verify${slash}`;
  const post = (path: string, id: string, picture: string) =>
    request(running.port, { method: 'POST', path, ...userForm(id, picture) });

  it('registers a user: 201', async () => {
    expectJson(await post(register, 'user1', 'face 1'), 201, '{"message":"Data inserted successfully"}');
    expect(running.users.faces.get('user1')?.face).toBe('face 1');
  });

  it('refuses a second registration of an id: 409', async () => {
    await post(register, 'user1', 'face 1');
    expectJson(await post(register, 'user1', 'face 2'), 409, '{"error":"User already exists"}');
  });

  it('refuses a registration without picture: 400', async () => {
    const answer = await request(running.port, { method: 'POST', path: register, ...idForm('user1') });
    expectJson(answer, 400, '{"error":"ID and image are required"}');
  });

  it('lists nobody: 200', async () => {
    const answer = await request(running.port, { method: 'GET', path: register });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['transfer-encoding']).toBe('chunked');
    expect(dechunk(answer.body)).toBe('{"message":"Hello, world!","data":[]}');
  });

  it('lists users in the order of their ids: 200', async () => {
    await post(register, 'user2', 'face 2');
    await post(register, 'user1', 'face 1');
    const answer = await request(running.port, { method: 'GET', path: register });
    expect(answer.status).toBe(200);
    expect(dechunk(answer.body)).toBe(
      '{"message":"Hello, world!","data":[{"id":"user1","timestamp":"2023-07-23T12:34:56"},{"id":"user2","timestamp":"2023-07-23T12:34:56"}]}',
    );
  });

  it('verifies a user: 200', async () => {
    await post(register, 'user1', 'face 1');
    expectJson(
      await post(verify, 'user1', 'face 1'),
      200,
      '{"message":"Image received successfully!","recognition":"user1","verified":true}',
    );
  });

  it('says who was recognised instead: 200', async () => {
    await post(register, 'user1', 'face 1');
    await post(register, 'user2', 'face 2');
    expectJson(
      await post(verify, 'user1', 'face 2'),
      200,
      '{"message":"Image received successfully!","recognition":"user2","verified":false}',
    );
  });

  it('recognises nobody as null: 200', async () => {
    await post(register, 'user1', 'face 1');
    expectJson(
      await post(verify, 'user1', 'a stranger'),
      200,
      '{"message":"Image received successfully!","recognition":null,"verified":false}',
    );
  });

  it('refuses a verification without picture: 400', async () => {
    const answer = await request(running.port, { method: 'POST', path: verify, ...idForm('user1') });
    expectJson(answer, 400, '{"error":"Image and ID are required","verified":false}');
  });

  it('refuses to verify an unknown user: 400', async () => {
    expectJson(await post(verify, 'nobody', 'face'), 400, '{"error":"Invalid User","verified":false}');
  });

  it('deletes a user: 204 without body', async () => {
    await post(register, 'user1', 'face 1');
    const answer = await request(running.port, { method: 'DELETE', path: register, ...idForm('user1') });
    expect(answer.status).toBe(204);
    expect(answer.body).toBe('');
    expect(answer.headers).not.toHaveProperty('content-type');
    expect(answer.headers).not.toHaveProperty('content-length');
    expect(running.users.faces.size).toBe(0);
  });

  it('deletes a user: 200 with the documented body for Prefer: return=representation', async () => {
    await post(register, 'user1', 'face 1');
    const answer = await request(running.port, {
      method: 'DELETE',
      path: register,
      ...idForm('user1', { Prefer: 'respond-async, return=representation' }),
    });
    expectJson(answer, 200, '{"message":"Data deleted successfully","files_deleted":["user1.jpg"]}');
    expect(answer.headers['preference-applied']).toBe('return=representation');
  });

  it('refuses a deletion without id: 400', async () => {
    const answer = await request(running.port, {
      method: 'DELETE',
      path: register,
      headers: { 'Content-Type': multipartType },
      body: multipartBody([]),
    });
    expectJson(answer, 400, '{"error":"ID is required"}');
  });

  it('has nobody to delete: 404', async () => {
    const answer = await request(running.port, { method: 'DELETE', path: register, ...idForm('nobody') });
    expectJson(answer, 404, '{"error":"User not found"}');
  });

  it.each([
    ['POST', register, ''],
    ['GET', register, ''],
    ['DELETE', register, ''],
    ['POST', verify, ',"verified":false'],
  ])('hides an unexpected failure of %s %s: 500', async (method, path, rest) => {
    running.users.before = () => Promise.reject(new Error('secret /var/lib/detail'));
    const answer = await request(running.port, { method, path, ...userForm('user1', 'face 1') }).then(
      // DELETE takes no picture.
      (first) => (method === 'DELETE' ? request(running.port, { method, path, ...idForm('user1') }) : first),
    );
    const requestId = answer.headers['x-request-id'];
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expectJson(answer, 500, `{"error":"Something went wrong; the request id is ${requestId ?? ''}"${rest}}`);
    const logged = running.logs.filter((line) => line['requestId'] === requestId && 'err' in line);
    expect(logged).toHaveLength(1);
    expect(JSON.stringify(logged)).toContain('secret /var/lib/detail');
  });
});

/** The content of a chunked body whose last chunk is there. */
function dechunk(body: string): string {
  expect(body.endsWith('\r\n0\r\n\r\n')).toBe(true);
  let rest = Buffer.from(body);
  const content: Buffer[] = [];
  for (;;) {
    const line = rest.indexOf('\r\n');
    const size = Number.parseInt(rest.subarray(0, line).toString(), 16);
    if (size === 0) return Buffer.concat(content).toString();
    content.push(rest.subarray(line + 2, line + 2 + size));
    rest = rest.subarray(line + 2 + size + 2);
  }
}

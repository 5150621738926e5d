import { afterEach, beforeEach, expect, it } from 'vitest';
import { errorCatalogue } from '../../src/errors.js';
import { startApi } from '../support/api/api.js';
import type { RunningApi } from '../support/api/api.js';
import { query, REGISTER_USER, upload, VERIFY_USER } from '../support/api/graphql.js';
import { request, userForm } from '../support/api/http.js';
import { samplesOf, valueOf } from '../support/api/metric-samples.js';

let running: RunningApi;

beforeEach(async () => {
  running = await startApi();
});
afterEach(() => running.close());

const rest = (method: string, path: string, id: string, picture: string) =>
  request(running.port, { method, path, ...userForm(id, picture) });

it('counts and times operations by interface and outcome', async () => {
  await upload(running.url, REGISTER_USER, 'ann', 'face');
  await rest('POST', '/register/', 'ann', 'face');
  await rest('POST', '/verify', 'ann', 'face');
  await upload(running.url, VERIFY_USER, 'bob', 'face');
  running.users.before = () => Promise.reject(new Error('unexpected'));
  await query(running.url, '{ users { id } }');
  expect(await samplesOf(running.metrics.registry, 'face_operations_total')).toEqual([
    [{ operation: 'registerUser', interface: 'graphql', outcome: 'ok' }, 1],
    [{ operation: 'registerUser', interface: 'rest', outcome: 'USER_EXISTS' }, 1],
    [{ operation: 'verifyUser', interface: 'rest', outcome: 'ok' }, 1],
    [{ operation: 'verifyUser', interface: 'graphql', outcome: 'INVALID_USER' }, 1],
    [{ operation: 'users', interface: 'graphql', outcome: 'INTERNAL' }, 1],
  ]);
  const timed = { operation: 'registerUser', interface: 'rest' };
  expect(
    await valueOf(
      running.metrics.registry,
      'face_operation_duration_seconds',
      timed,
      'face_operation_duration_seconds_count',
    ),
  ).toBe(1);
});

it('counts HTTP answers by route and status, and those nobody waited for', async () => {
  await request(running.port, { method: 'GET', path: '/register/' });
  await request(running.port, { method: 'GET', path: '/register' });
  await rest('POST', '/verify/', 'nobody', 'face');
  let begun = false;
  running.users.before = () => {
    begun = true;
    return new Promise(() => undefined);
  };
  const client = new AbortController();
  const left = fetch(`${running.url}/register/`, { signal: client.signal });
  await expect.poll(() => begun).toBe(true);
  client.abort();
  await expect(left).rejects.toThrow();
  const answers = (labels: Record<string, unknown>) =>
    valueOf(running.metrics.registry, 'face_http_answers_total', labels);
  expect(await answers({ route: '/register', status: 200 })).toBe(2);
  expect(await answers({ route: '/verify', status: 400 })).toBe(1);
  await expect.poll(() => answers({ route: '/register', status: 'aborted' })).toBe(1);
});

it('shows the memory of pictures on their way and gives it back', async () => {
  const held = () => valueOf(running.metrics.registry, 'face_upload_bytes', {});
  let during = -1;
  running.users.before = async () => {
    during = await held();
  };
  await rest('POST', '/register/', 'ann', 'x'.repeat(5_000));
  expect(during).toBe(5_000);
  await expect.poll(held).toBe(0);
});

it('takes no label from clients, whatever they send', async () => {
  const hostile = 'Hostile_7f3a';
  await upload(running.url, REGISTER_USER, hostile, 'face');
  await rest('POST', '/verify/', hostile, hostile);
  await rest('DELETE', '/register/', hostile, '');
  for (const path of [`/${hostile}`, `/register/${hostile}`, `/verify?${hostile}`, `/graphql/${hostile}`])
    await request(running.port, { method: 'GET', path, headers: { 'X-Request-Id': hostile } });
  for (const method of ['PROPFIND', 'PURGE', 'TRACE'])
    await request(running.port, { method, path: '/register/' });
  for (const document of [
    `query ${hostile} { ${hostile}: users { ${hostile}: id } }`,
    `{ ${hostile} }`,
    `mutation { deleteUser(id: "${hostile}") { message } }`,
    `{ users(after: "${hostile}") { id } }`,
    `{ ... ${hostile} } fragment ${hostile} on Query { users { id } }`,
  ])
    await query(running.url, document);
  for (let index = 0; index < 50; index++)
    await request(running.port, { method: 'GET', path: `/${hostile}/${index}` });

  expect(await running.metrics.registry.metrics()).not.toContain(hostile);
  const allowed: Record<string, ReadonlySet<unknown>> = {
    operation: new Set(['registerUser', 'verifyUser', 'deleteUser', 'users']),
    interface: new Set(['graphql', 'rest']),
    outcome: new Set(['ok', ...Object.keys(errorCatalogue)]),
    route: new Set(['/graphql', '/register', '/verify', 'unknown']),
    status: new Set([200, 201, 204, 400, 404, 405]),
  };
  let checked = 0;
  for (const metric of ['face_operations_total', 'face_http_answers_total'])
    for (const [labels] of await samplesOf(running.metrics.registry, metric))
      for (const [label, value] of Object.entries(labels)) {
        checked += 1;
        expect(allowed[label]?.has(value), `${label}=${value}`).toBe(true);
      }
  expect(checked).toBeGreaterThan(20);
});

it('counts decisions by how they ended, and no verification that did not come to one', async () => {
  await upload(running.url, REGISTER_USER, 'ann', 'a');
  await upload(running.url, REGISTER_USER, 'bob', 'b');
  await upload(running.url, VERIFY_USER, 'ann', 'a');
  await upload(running.url, VERIFY_USER, 'ann', 'b');
  await upload(running.url, VERIFY_USER, 'ann', 'a stranger');
  await upload(running.url, VERIFY_USER, 'nobody', 'a');
  expect(await samplesOf(running.metrics.registry, 'face_verifications_total')).toEqual([
    [{ decision: 'verified' }, 1],
    [{ decision: 'refused_somebody_else' }, 1],
    [{ decision: 'refused' }, 1],
  ]);
});

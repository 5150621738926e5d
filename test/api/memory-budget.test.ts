import { afterEach, beforeEach, expect, it } from 'vitest';
import { connect } from 'node:net';
import { startApi } from '../support/api/api.js';
import type { RunningApi } from '../support/api/api.js';
import { REGISTER_USER, upload } from '../support/api/graphql.js';
import { multipartType, request, userForm } from '../support/api/http.js';

const picture = 'x'.repeat(1_900);
let running: RunningApi;

beforeEach(async () => {
  running = await startApi({ environment: { MAX_IMAGE_BYTES: '2000' }, limits: { uploadBytes: 3_000 } });
});
afterEach(() => running.close());

/** Holds the first picture in the service until told. */
function holdFirst(): { readonly held: Promise<void>; readonly release: () => void } {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const held = new Promise<void>((resolve) => {
    running.users.before = () => {
      running.users.before = () => Promise.resolve();
      resolve();
      return released;
    };
  });
  return { held, release };
}

const rest = (id: string) =>
  request(running.port, { method: 'POST', path: '/register/', ...userForm(id, picture) });

it('refuses pictures over the memory of all requests together, retryably, and takes them again later', async () => {
  const { held, release } = holdFirst();
  const first = rest('user1');
  await held;

  const overRest = await rest('user2');
  expect(overRest).toMatchObject({ status: 503, body: '{"error":"The service is busy; try again shortly"}' });
  expect(overRest.headers['retry-after']).toBe('1');
  const overGraphql = await upload(running.url, REGISTER_USER, 'user2', picture);
  expect(overGraphql.status).toBe(503);
  expect(overGraphql.errors?.[0]?.extensions).toMatchObject({ code: 'OVERLOADED', retryable: true });
  expect((await request(running.port, { method: 'GET', path: '/register/' })).status).toBe(200);

  release();
  expect((await first).status).toBe(201);
  expect((await rest('user2')).status).toBe(201);
  expect((await upload(running.url, REGISTER_USER, 'user3', picture)).errors).toBeUndefined();
});

it('takes back what a client held that went away', async () => {
  const { body } = userForm('user1', picture);
  const socket = connect(running.port, '127.0.0.1');
  socket.write(
    `POST /register/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${multipartType}\r\nContent-Length: 5000\r\n\r\n`,
  );
  socket.write(body ?? '');
  await expect.poll(async () => (await rest('user2')).status).toBe(503);
  socket.destroy();
  await expect.poll(async () => (await rest('user2')).status).not.toBe(503);
});

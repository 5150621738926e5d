import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { USERS_PER_PAGE } from '../../../src/api/rest/stream-users.js';
import { startApi } from '../../support/api/api.js';
import type { RunningApi } from '../../support/api/api.js';
import { request, sendRaw } from '../../support/api/http.js';

let running: RunningApi;

beforeEach(async () => {
  running = await startApi();
});
afterEach(() => running.close());

function enrol(count: number): void {
  const timestamp = new Date('2023-07-23T12:34:56Z');
  for (let index = 0; index < count; index++) {
    const id = `user-${String(index).padStart(6, '0')}`;
    running.users.faces.set(id, { user: { id, timestamp }, face: id });
  }
}

/** Lets the first `pages` pages through and hands over the rest. */
function afterPages(pages: number, then: () => Promise<void>): void {
  let asked = 0;
  running.users.before = (operation) =>
    operation === 'list' && ++asked > pages ? then() : Promise.resolve();
}

const LIST = 'GET /register/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

it.each([1, USERS_PER_PAGE - 1, USERS_PER_PAGE, USERS_PER_PAGE + 1, 2 * USERS_PER_PAGE + 500])(
  'lists each of %i users once, in order',
  async (count) => {
    enrol(count);
    const response = await fetch(`${running.url}/register/`);
    const body = (await response.json()) as { data: { id: string }[] };
    expect(body.data.map(({ id }) => id)).toEqual([...running.users.faces.keys()]);
  },
);

it('sends the first page while the second is still being read', async () => {
  enrol(USERS_PER_PAGE + 1);
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  afterPages(1, () => gate);
  const response = await fetch(`${running.url}/register/`);
  const reader = response.body?.getReader();
  const first = await reader?.read();
  expect(Buffer.from(first?.value ?? []).toString()).toMatch(
    /^\{"message":"Hello, world!","data":\[\{"id":"user-000000"/,
  );
  release();
  let rest = '';
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read())
    rest += Buffer.from(part.value).toString();
  expect(rest.endsWith(`{"id":"user-001000","timestamp":"2023-07-23T12:34:56"}]}`)).toBe(true);
});

it('cuts the connection when a later page fails, so that half a list is not taken for the whole', async () => {
  enrol(2 * USERS_PER_PAGE);
  afterPages(1, () => Promise.reject(new Error('database went away')));
  const answer = await sendRaw(running.port, LIST);
  expect(answer.status).toBe(200);
  expect(answer.body).toContain('user-000999');
  expect(answer.text.endsWith('0\r\n\r\n')).toBe(false);
  afterPages(1, () => Promise.reject(new Error('database went away')));
  await expect(fetch(`${running.url}/register/`).then((response) => response.text())).rejects.toThrow();
  expect(JSON.stringify(running.logs)).toContain('database went away');
});

it('reads no further page for a client that went away or does not read', async () => {
  enrol(200 * USERS_PER_PAGE);
  let pages = 0;
  running.users.before = () => {
    pages += 1;
    return Promise.resolve();
  };
  const socket = connect(running.port, '127.0.0.1');
  socket.pause();
  socket.write(LIST);
  await expect.poll(() => pages).toBeGreaterThan(0);
  let before = -1;
  await expect
    .poll(
      () => {
        const stalled = before === pages;
        before = pages;
        return stalled;
      },
      { interval: 200, timeout: 10_000 },
    )
    .toBe(true);
  expect(pages).toBeLessThan(200);
  socket.destroy();
  await expect.poll(() => running.logs.some((line) => line['aborted'] === true)).toBe(true);
});

it('answers HEAD from the first page alone', async () => {
  enrol(3 * USERS_PER_PAGE);
  let pages = 0;
  running.users.before = () => {
    pages += 1;
    return Promise.resolve();
  };
  expect((await request(running.port, { method: 'HEAD', path: '/register' })).status).toBe(200);
  expect(pages).toBe(1);
});

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { outsideRequests } from '../../src/api/middleware/request-context.js';
import { createLogger } from '../../src/create-logger.js';
import { FacePool } from '../../src/faces/face-pool.js';
import { startApi } from '../support/api/api.js';
import type { RunningApi } from '../support/api/api.js';
import { request, userForm } from '../support/api/http.js';
import { sampleFace } from '../support/pictures/sample-faces.js';

interface Line {
  readonly msg: string;
  readonly requestId?: string;
  readonly err?: { readonly message: string };
}

let running: RunningApi;
let lines: Line[];

const logger = createLogger('info', { write: (line) => lines.push(JSON.parse(line) as Line) });

beforeEach(async () => {
  lines = [];
  const started = await startApi();
  running = started;
  onTestFinished(() => started.close());
});

const verify = (id: string, headers: Record<string, string> = {}) => {
  const form = userForm(id, 'face');
  return request(running.port, {
    method: 'POST',
    path: '/verify/',
    ...form,
    headers: { ...form.headers, ...headers },
  });
};

it('are on every line that belongs to a request, however requests interleave', async () => {
  let count = 0;
  running.users.before = async () => {
    const mine = ++count;
    for (let turn = 0; turn < mine % 5; turn++) await nextTurn();
    logger.info('inside');
    setTimeout(() => {
      logger.info('later');
    }, 1);
  };
  const answers = await Promise.all(Array.from({ length: 20 }, () => verify('ann')));
  const ids = answers.map(({ headers }) => headers['x-request-id']);
  expect(new Set(ids).size).toBe(20);
  await expect.poll(() => lines.length).toBe(40);
  for (const msg of ['inside', 'later'])
    expect(lines.filter((line) => line.msg === msg).map(({ requestId }) => requestId)).toEqual(
      expect.arrayContaining(ids),
    );
  expect(running.logs.filter(({ msg }) => msg === 'request').map((line) => line['requestId'])).toEqual(
    expect.arrayContaining(ids),
  );
});

it('are on no line that belongs to none', async () => {
  logger.info('before');
  running.users.before = () => {
    outsideRequests(() => {
      logger.info('of all');
    });
    return Promise.resolve();
  };
  await verify('ann');
  expect(lines.map(({ msg }) => msg)).toEqual(['before', 'of all']);
  for (const line of lines) expect(line).not.toHaveProperty('requestId');
});

it.each([
  ['taken over when it is a plain token', 'trace-0123456789.A_b', true],
  ['not taken over when it holds a line break', 'trace-01\\n{"level":60}', false],
  ['not taken over when it holds markup', '<script>alert(1)</script>', false],
  ['not taken over when it is short', 'short', false],
  ['not taken over when it is long', 'x'.repeat(65), false],
  ['not taken over when it is sent twice', 'trace-0123456789, trace-9876543210', false],
])('of a client are %s', async (_case, offered, taken) => {
  const { headers } = await verify('ann', { 'X-Request-Id': offered });
  if (taken) expect(headers['x-request-id']).toBe(offered);
  else expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  const logged = running.logs.find(({ msg }) => msg === 'request');
  expect(logged?.['requestId']).toBe(headers['x-request-id']);
});

it('are on the failure of a worker thread that worked for the request', async () => {
  const threads: Worker[] = [];
  const collect = (thread: Worker): number => threads.push(thread);
  process.on('worker', collect);
  const pool = new FacePool({ workers: 1, queue: 1, pipeline: { maxPixels: 50_000_000 } });
  onTestFinished(async () => {
    process.off('worker', collect);
    await pool.close();
  });
  await pool.ready();
  const picture = await sampleFace('sample3-left');
  running.users.before = async () => {
    const doomed = pool.extract(picture);
    await Promise.all([doomed, threads[0]?.terminate()]);
  };
  const { status, headers } = await verify('ann');
  expect(status).toBe(503);
  expect(running.logs.filter((line) => 'err' in line)).toEqual([
    expect.objectContaining({
      msg: 'failure',
      code: 'UNAVAILABLE',
      requestId: headers['x-request-id'],
      err: expect.objectContaining({ message: 'worker exited with code: 1' }) as unknown,
    }),
  ]);
});

import { expect, test } from 'vitest';
import { BoundedQueue } from '../../src/threads/bounded-queue.js';

function blocker(): { job: () => Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { job: () => gate, open };
}

test('no more jobs run at a time than there are slots, and those who wait start in order', async () => {
  const queue = new BoundedQueue(2, 10);
  const started: number[] = [];
  const gates = [blocker(), blocker(), blocker(), blocker()];
  const runs = gates.map(({ job }, number) =>
    queue.run(async () => {
      started.push(number);
      await job();
    }),
  );
  await Promise.resolve();
  expect(started).toEqual([0, 1]);
  expect(queue).toMatchObject({ running: 2, waiting: 2 });
  gates[1]?.open();
  await runs[1];
  expect(started).toEqual([0, 1, 2]);
  for (const { open } of gates) open();
  await Promise.all(runs);
  expect(started).toEqual([0, 1, 2, 3]);
  expect(queue).toMatchObject({ running: 0, waiting: 0 });
});

test('a full queue refuses at once with OVERLOADED', async () => {
  const queue = new BoundedQueue(1, 1);
  const { job, open } = blocker();
  const accepted = [queue.run(job), queue.run(job)];
  await expect(queue.run(job)).rejects.toMatchObject({ code: 'OVERLOADED', status: 503, retryable: true });
  open();
  await Promise.all(accepted);
});

test('a client that goes away frees its place for another', async () => {
  const queue = new BoundedQueue(1, 1);
  const { job, open } = blocker();
  const first = queue.run(job);
  const client = new AbortController();
  const left = queue.run(job, client.signal);
  client.abort();
  await expect(left).rejects.toMatchObject({ code: 'CANCELLED' });
  const second = queue.run(job);
  open();
  await Promise.all([first, second]);
});

test('a client that went away before asking never runs', async () => {
  const queue = new BoundedQueue(1, 1);
  let ran = false;
  const run = queue.run(() => {
    ran = true;
    return Promise.resolve();
  }, AbortSignal.abort());
  await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(ran).toBe(false);
});

test('a job that fails frees its slot', async () => {
  const queue = new BoundedQueue(1, 0);
  await expect(queue.run(() => Promise.reject(new Error('lens cap on')))).rejects.toThrow('lens cap on');
  await expect(queue.run(() => Promise.resolve('next'))).resolves.toBe('next');
});

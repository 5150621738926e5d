import { afterEach, expect, test } from 'vitest';
import { WorkerClient } from '../../src/threads/worker-client.js';

const clients: WorkerClient[] = [];

function start(onCrash?: (reason: Error) => void): WorkerClient {
  const client = new WorkerClient({
    source: 'test/support/echo-worker.ts',
    ...(onCrash === undefined ? {} : { onCrash }),
  });
  clients.push(client);
  return client;
}

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

test('calls are answered in the order they were made, slow ones included', async () => {
  const client = start();
  const seen: unknown[] = [];
  await Promise.all(
    ['slow', 'quick', 'last'].map(async (word) => {
      seen.push(await client.call('echo', word));
    }),
  );
  expect(seen).toEqual(['slow', 'quick', 'last']);
});

test('what a function throws reaches its caller and nobody else', async () => {
  const client = start();
  const failing = client.call('fail', 'no such row');
  await expect(failing).rejects.toThrow('no such row');
  expect(await client.call('echo', 'still here')).toBe('still here');
});

test('an unknown function is an error, not a hang', async () => {
  await expect(start().call('missing', null)).rejects.toThrow('offers no function "missing"');
});

test('buffers to transfer move to the thread instead of being copied', async () => {
  const numbers = Float32Array.of(1, 2, 3);
  expect(await start().call('sum', numbers, [numbers.buffer])).toBe(6);
  expect(numbers.length).toBe(0);
});

test('when the thread dies every call under way is rejected, the crash is told once, and later calls fail at once', async () => {
  const crashes: Error[] = [];
  const client = start((reason) => crashes.push(reason));
  await Promise.all([
    expect(client.call('die', null)).rejects.toThrow('ended with code 7'),
    expect(client.call('echo', 'waiting')).rejects.toThrow('ended with code 7'),
  ]);
  await expect(client.call('echo', 'late')).rejects.toThrow('ended with code 7');
  expect(crashes).toHaveLength(1);
});

test('closing waits for the calls under way', async () => {
  const client = start();
  const slow = client.call('echo', 'slow');
  await client.close();
  await expect(slow).resolves.toBe('slow');
});

test('closing is not a crash', async () => {
  const crashes: Error[] = [];
  const client = start((reason) => crashes.push(reason));
  await client.call('echo', 'ready');
  await client.close();
  expect(crashes).toHaveLength(0);
});

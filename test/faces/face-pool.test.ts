import { readFile } from 'node:fs/promises';
import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { FacePool, type FacePoolOptions } from '../../src/faces/face-pool.js';
import { sampleFace, samplePhoto } from '../support/pictures/sample-faces.js';

interface OpenPool {
  readonly pool: FacePool;
  /** Threads in the order of their start, replaced ones included. */
  readonly threads: readonly Worker[];
}

async function open(options: Partial<FacePoolOptions> = {}): Promise<OpenPool> {
  const threads: Worker[] = [];
  const collect = (thread: Worker): number => threads.push(thread);
  process.on('worker', collect);
  const pool = new FacePool({ workers: 1, queue: 8, pipeline: { maxPixels: 50_000_000 }, ...options });
  onTestFinished(async () => {
    process.off('worker', collect);
    await pool.close();
  });
  await pool.ready();
  return { pool, threads };
}

test('a picture becomes a unit-length template', async () => {
  const { pool } = await open();
  const face = await pool.extract(await sampleFace('sample3-left'));
  expect(face).toMatchObject({ modelId: 'dlib-faceres-v2', mediaType: 'image/jpeg' });
  expect(Math.hypot(...face.template)).toBeCloseTo(1, 5);
});

test('what the pipeline refuses reaches the caller with its code', async () => {
  const { pool } = await open();
  await expect(pool.extract(Buffer.from('not a picture'))).rejects.toMatchObject({
    name: 'ServiceError',
    code: 'IMAGE_UNSUPPORTED',
    status: 400,
  });
});

test('a thread that dies fails only its own request, retryably, and is replaced', async () => {
  const { pool, threads } = await open();
  const [picture, other] = [await readFile(samplePhoto(1)), await sampleFace('sample3-left')];
  const doomed = pool.extract(picture);
  const waiting = pool.extract(other);
  await Promise.all([
    expect(doomed).rejects.toMatchObject({ code: 'UNAVAILABLE', status: 503, retryable: true }),
    threads[0]?.terminate(),
  ]);
  expect((await waiting).box.width).toBeGreaterThan(50);
  expect(threads).toHaveLength(2);
  await expect(pool.ping()).resolves.toBeUndefined();
});

test('a thread that dies between two requests is replaced before anybody notices', async () => {
  const { pool, threads } = await open();
  await threads[0]?.terminate();
  const face = await pool.extract(await sampleFace('sample3-left'));
  expect(face.box.width).toBeGreaterThan(50);
});

test('the stages of a picture are told, of a refused one those it came to', async () => {
  const stages: string[] = [];
  const { pool } = await open({
    onStage: (stage, durationMs) => {
      expect(durationMs).toBeGreaterThanOrEqual(0);
      stages.push(stage);
    },
  });
  await pool.extract(await sampleFace('sample3-left'));
  expect(stages.splice(0)).toEqual(['queue', 'decode', 'detect', 'landmarks', 'embed']);
  await expect(pool.extract(Buffer.from('not a picture'))).rejects.toThrow();
  expect(stages).toEqual(['queue', 'decode']);
});

test('every lost thread is told once, whether it had a picture or not, and those that are closed are not', async () => {
  let lost = 0;
  const { pool, threads } = await open({
    onThreadEnd: () => {
      lost += 1;
    },
  });
  const doomed = pool.extract(await readFile(samplePhoto(1)));
  await Promise.all([expect(doomed).rejects.toMatchObject({ code: 'UNAVAILABLE' }), threads[0]?.terminate()]);
  expect(lost).toBe(1);
  await pool.ready();
  await threads[1]?.terminate();
  await expect.poll(() => lost).toBe(2);
  await pool.close();
  expect(lost).toBe(2);
});

test('a picture that takes too long fails retryably, and its thread finishes it rather than being torn down', async () => {
  const { pool, threads } = await open({ jobTimeoutMs: 5 });
  const slow = pool.extract(await readFile(samplePhoto(1)));
  await expect(slow).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  expect(pool.running).toBe(1);
  await pool.close();
  expect(pool.running).toBe(0);
  expect(threads).toHaveLength(1);
});

test('closing waits for the picture under work, so that no model is interrupted', async () => {
  const { pool } = await open();
  const working = pool.extract(await sampleFace('sample3-left'));
  await pool.close();
  await expect(working).resolves.toMatchObject({ mediaType: 'image/jpeg' });
});

test('more pictures than threads and places are refused at once, the accepted ones are served', async () => {
  const { pool } = await open({ queue: 2 });
  const picture = await sampleFace('sample3-left');
  const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => pool.extract(picture)));
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(refused).toHaveLength(3);
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'OVERLOADED', retryable: true });
});

test('a client that goes away while waiting leaves its place to others', async () => {
  const { pool } = await open({ queue: 1 });
  const picture = await sampleFace('sample3-left');
  const client = new AbortController();
  const served = pool.extract(picture);
  const left = pool.extract(picture, { signal: client.signal });
  client.abort();
  await expect(left).rejects.toMatchObject({ code: 'CANCELLED' });
  await expect(Promise.all([served, pool.extract(picture)])).resolves.toHaveLength(2);
});

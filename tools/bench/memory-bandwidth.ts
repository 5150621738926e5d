import { WorkerClient } from '../../src/threads/worker-client.js';
import { summarise, type Summary } from './statistics.js';

const BYTES_PER_THREAD = 256 * 2 ** 20;

/** GiB that this many threads together read from memory in a second. */
export async function memoryBandwidth(threads: number, runs: number): Promise<Summary> {
  const readers = Array.from({ length: threads }, () => ({
    memory: new SharedArrayBuffer(BYTES_PER_THREAD),
    thread: new WorkerClient({ source: 'tools/bench/scan-worker.ts' }),
  }));
  // Pages that nobody has written all show the same page of zeros, which fits into a cache.
  for (const { memory } of readers) Buffer.from(memory).fill(0);
  const scanAll = () => Promise.all(readers.map(({ thread, memory }) => thread.call<number>('scan', memory)));
  const rates: number[] = [];
  for (let run = -1; run < runs; run++) {
    const slowest = Math.max(...(await scanAll()));
    if (run >= 0) rates.push((threads * BYTES_PER_THREAD) / 2 ** 30 / (slowest / 1000));
  }
  await Promise.all(readers.map(({ thread }) => thread.close()));
  return summarise(rates);
}

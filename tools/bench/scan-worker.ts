import { serveWorker } from '../../src/threads/serve-worker.js';

/** Reads memory as fast as it can be read: the C library's search for a byte that is not there. */
function scan(memory: SharedArrayBuffer): number {
  const bytes = Buffer.from(memory);
  const start = performance.now();
  const found = bytes.indexOf(1);
  if (found !== -1) throw new Error('The memory to be read was to hold only zeros.');
  return performance.now() - start;
}

serveWorker({ scan });

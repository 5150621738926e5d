import { setTimeout as wait } from 'node:timers/promises';
import { serveWorker } from '../../src/threads/serve-worker.js';

serveWorker({
  echo: async (word: string) => {
    if (word === 'slow') await wait(20);
    return word;
  },
  fail: (message: string) => {
    throw new Error(message);
  },
  sum: (numbers: Float32Array) => numbers.reduce((total, number) => total + number, 0),
  die: () => process.exit(7),
});

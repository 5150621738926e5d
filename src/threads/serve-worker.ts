import { parentPort } from 'node:worker_threads';
import type { WorkerReply, WorkerRequest } from './worker-messages.js';

/** Functions a thread offers; each gets one structured-cloneable argument and may be asynchronous. */
export type WorkerFunctions = Readonly<Record<string, (argument: never) => unknown>>;

/** Answers the calls of a `WorkerClient`, one after the other in the order they came. */
export function serveWorker(functions: WorkerFunctions): void {
  const port = parentPort;
  if (port === null) throw new Error('serveWorker can only be called in a worker thread.');
  let previous: Promise<void> = Promise.resolve();
  port.on('message', (request: WorkerRequest) => {
    previous = previous.then(async () => {
      port.postMessage(await answer(functions, request));
    });
  });
}

async function answer(functions: WorkerFunctions, request: WorkerRequest): Promise<WorkerReply> {
  try {
    const called = functions[request.name] as ((argument: unknown) => unknown) | undefined;
    if (called === undefined) throw new Error(`The thread offers no function "${request.name}".`);
    return { call: request.call, result: await called(request.argument) };
  } catch (error) {
    return { call: request.call, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

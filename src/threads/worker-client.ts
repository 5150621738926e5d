import { Worker, type Transferable } from 'node:worker_threads';
import { compiledFile } from '../project-root.js';
import { smallYoungGeneration } from './small-young-generation.js';
import type { WorkerReply, WorkerRequest } from './worker-messages.js';

interface Waiter {
  resolve(value: unknown): void;
  reject(reason: Error): void;
}

export interface WorkerClientOptions {
  /** Project source of the thread, for example `src/gallery/gallery-worker.ts`; its compiled file is run. */
  source: string;
  /** Handed to the thread as `workerData`. */
  workerData?: unknown;
  /** Called once when the thread ends without having been asked to. */
  onCrash?: (reason: Error) => void;
}

/** Calls the functions that a thread offers through `serveWorker`. Calls reach the thread in the order made. */
export class WorkerClient {
  readonly #worker: Worker;
  readonly #waiters = new Map<number, Waiter>();
  #lastCall = 0;
  #ended: Error | null = null;
  #closing = false;
  #onIdle: (() => void) | undefined;

  constructor(options: WorkerClientOptions) {
    this.#worker = new Worker(compiledFile(options.source), {
      workerData: options.workerData,
      resourceLimits: smallYoungGeneration,
    });
    this.#worker.unref();
    this.#worker.on('message', (reply: WorkerReply) => {
      this.#settle(reply);
    });
    this.#worker.on('error', (error) => {
      this.#end(error instanceof Error ? error : new Error(String(error)));
    });
    this.#worker.on('exit', (code) => {
      this.#end(new Error(`The thread ${options.source} ended with code ${code}.`));
      if (!this.#closing) options.onCrash?.(this.#ended ?? new Error('unknown'));
    });
  }

  /**
   * @param transfer buffers inside `argument` that move to the thread instead of being copied.
   * @throws what the function threw, or the reason why the thread ended.
   */
  call<Result>(name: string, argument: unknown, transfer: readonly Transferable[] = []): Promise<Result> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    return new Promise<Result>((resolve, reject) => {
      const call = ++this.#lastCall;
      // A process with nothing left to do but this call has to wait for its answer.
      if (this.#waiters.size === 0) this.#worker.ref();
      this.#waiters.set(call, { resolve: resolve, reject });
      const request: WorkerRequest = { call, name, argument };
      this.#worker.postMessage(request, transfer);
    });
  }

  /**
   * Ends the thread after the calls under way. It never interrupts one: a thread that is ended inside native code may
   * take the whole process with it.
   */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#waiters.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    await this.#worker.terminate();
  }

  #settle(reply: WorkerReply): void {
    const waiter = this.#waiters.get(reply.call);
    this.#waiters.delete(reply.call);
    if ('error' in reply) waiter?.reject(reply.error);
    else waiter?.resolve(reply.result);
    if (this.#waiters.size > 0) return;
    this.#worker.unref();
    this.#onIdle?.();
  }

  #end(reason: Error): void {
    this.#ended ??= reason;
    for (const waiter of this.#waiters.values()) waiter.reject(this.#ended);
    this.#waiters.clear();
    this.#onIdle?.();
  }
}

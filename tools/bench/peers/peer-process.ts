import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { compiledFile, projectRoot } from '../../../src/project-root.js';
import type { EngineName } from './peer-engines.js';
import type { PeerReplies, PeerRequest } from './peer-protocol.js';

/** An engine in a process of its own, so that its memory and threads are its own. */
export class PeerProcess {
  readonly #child: ChildProcess;
  readonly #failed: Promise<never>;

  private constructor(name: EngineName) {
    this.#child = fork(compiledFile('tools/bench/peers/peer-child.ts'), [name], {
      cwd: projectRoot,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const complaints = this.#child.stderr === null ? Promise.resolve('') : text(this.#child.stderr);
    this.#failed = once(this.#child, 'close').then(async ([code]) => {
      throw new Error(`The engine ${name} ended with code ${String(code)}:\n${await complaints}`);
    });
    this.#failed.catch(() => undefined);
  }

  /** Resolves when the models are loaded. */
  static async start(name: EngineName): Promise<{ process: PeerProcess; loaded: PeerReplies['loaded'] }> {
    const process = new PeerProcess(name);
    return { process, loaded: await process.#reply<'loaded'>() };
  }

  ask<Request extends PeerRequest>(request: Request): Promise<PeerReplies[Request['ask']]> {
    this.#child.send(request);
    return this.#reply<Request['ask']>();
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }

  async #reply<Kind extends keyof PeerReplies>(): Promise<PeerReplies[Kind]> {
    const [reply] = (await Promise.race([once(this.#child, 'message'), this.#failed])) as [PeerReplies[Kind]];
    return reply;
  }
}

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { compiledFile } from '../../../src/project-root.js';
import type { ExaminerReply } from './picture-examiner-child.js';

/** What one picture took. */
export interface Examination {
  /** `FACE`, the code of a refusal, or `FAULT: …` for anything that is not in the catalogue. */
  readonly outcome: string;
  readonly ms: number;
  /** Processor time of all its threads. */
  readonly processorMs: number;
  /** Peak resident memory while the picture was looked at, above that of the process at rest, in bytes. */
  readonly peakBytes: number;
}

/** Looks at pictures in a process of its own, as a face worker does, and measures each. */
export class PictureExaminer {
  private constructor(private readonly child: ChildProcess) {}

  static async start(): Promise<PictureExaminer> {
    const child = fork(compiledFile('test/support/pictures/picture-examiner-child.ts'), {
      serialization: 'advanced',
    });
    const examiner = new PictureExaminer(child);
    await examiner.#next();
    return examiner;
  }

  /** @throws Error when the process dies of the picture. */
  async examine(bytes: Uint8Array): Promise<Examination> {
    const before = await this.#resetPeak();
    this.child.send(bytes);
    const reply = await this.#next();
    return { ...reply, peakBytes: Math.max(0, (await this.#memory('VmHWM')) - before) };
  }

  async close(): Promise<void> {
    this.child.kill('SIGKILL');
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
  }

  async #next(): Promise<ExaminerReply> {
    return new Promise((resolve, reject) => {
      const died = (code: number | null, signal: string | null): void => {
        this.child.off('message', answered);
        reject(new Error(`The process died of a picture: ${signal ?? String(code)}`));
      };
      const answered = (reply: unknown): void => {
        this.child.off('exit', died);
        resolve(reply as ExaminerReply);
      };
      this.child.once('exit', died);
      this.child.once('message', answered);
    });
  }

  /** @returns resident bytes now. Writing 5 resets the peak: proc_pid_clear_refs(5). */
  async #resetPeak(): Promise<number> {
    await writeFile(`/proc/${this.child.pid ?? 0}/clear_refs`, '5');
    return this.#memory('VmRSS');
  }

  async #memory(name: string): Promise<number> {
    const status = await readFile(`/proc/${this.child.pid ?? 0}/status`, 'utf8');
    return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1024;
  }
}

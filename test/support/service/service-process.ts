import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { compiledFile, projectRoot } from '../../../src/project-root.js';

export interface ServiceProcessOptions {
  /** Folder for the data; a fresh temporary one by default. */
  dataDir?: string;
  /**
   * Folder the program is started from.
   * @default that of this project
   */
  root?: string;
  /** Further environment variables. */
  environment?: Record<string, string>;
  /** Source of the program and its arguments; the service itself by default. */
  program?: readonly [source: string, ...rest: string[]];
}

/** The compiled service in a process of its own, on a free port. */
export class ServiceProcess {
  /** Every line the process printed. */
  readonly output: string[];

  private constructor(
    readonly child: ChildProcess,
    /** For example `http://127.0.0.1:41234`. */
    readonly address: string,
    readonly dataDir: string,
    output: string[],
  ) {
    this.output = output;
  }

  static async start(options: ServiceProcessOptions = {}): Promise<ServiceProcess> {
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'facial-verification-')));
    const [source, ...rest] = options.program ?? ['src/main.ts'];
    const root = options.root ?? projectRoot;
    const child = spawn(
      process.execPath,
      [join(root, relative(projectRoot, compiledFile(source))), ...rest],
      {
        cwd: root,
        env: {
          PATH: process.env['PATH'],
          HOST: '127.0.0.1',
          PORT: '0',
          METRICS_PORT: '0',
          DATA_DIR: dataDir,
          FACE_WORKERS: '1',
          ...options.environment,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const output: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => output.push(line));
    const lines = createInterface({ input: child.stdout });
    const address = await new Promise<string>((resolve, reject) => {
      lines.on('line', (line) => {
        output.push(line);
        const ready = readyAddress(line);
        if (ready !== null) resolve(ready);
      });
      child.once('exit', (code) => {
        reject(
          new Error(
            `The service ended with code ${code ?? 'none'} before it was ready:\n${output.join('\n')}`,
          ),
        );
      });
    });
    return new ServiceProcess(child, address, dataDir, output);
  }

  /** Sends a signal and waits for the end. @returns the exit code, null when the signal ended it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill(signal);
      await once(this.child, 'exit');
    }
    return this.child.exitCode;
  }

  /** Ends the process and removes its data. */
  async discard(): Promise<void> {
    await this.end('SIGKILL');
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

function readyAddress(line: string): string | null {
  if (!line.startsWith('{')) return null;
  const entry = JSON.parse(line) as { msg?: string; address?: string };
  return entry.msg === 'ready' ? (entry.address ?? null) : null;
}

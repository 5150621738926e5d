import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, relative } from 'node:path';
import { compiledFile, projectRoot } from '../../../src/project-root.js';

export interface CommandOptions {
  /** Source of the command, for example `src/cli/import.ts`. */
  readonly source: string;
  /**
   * Folder of the compiled program.
   * @default that of this project
   */
  readonly root?: string;
  readonly arguments?: readonly string[];
  readonly environment: Record<string, string>;
  /** Called once the process is started. */
  readonly onStart?: (child: ChildProcess) => void;
  /** Called with everything printed so far, whenever something is. */
  readonly onOutput?: (output: string, child: ChildProcess) => void;
}

export interface CommandResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  /** Both streams, as they came. */
  readonly output: string;
}

/** Runs a compiled command in a process of its own, to its end. */
export async function runCommand(options: CommandOptions): Promise<CommandResult> {
  const root = options.root ?? projectRoot;
  const file = join(root, relative(projectRoot, compiledFile(options.source)));
  const child = spawn(process.execPath, [file, ...(options.arguments ?? [])], {
    cwd: root,
    env: { PATH: process.env['PATH'], FACE_WORKERS: '1', ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  options.onStart?.(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      options.onOutput?.(output, child);
    });
  await once(child, 'close');
  return { code: child.exitCode, output };
}

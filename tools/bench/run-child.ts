import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { compiledFile, projectRoot } from '../../src/project-root.js';

/**
 * Runs a project source in a process of its own, so that its memory and threads are its own.
 * @returns the last line it printed, read as JSON.
 */
export async function runChild<Result>(source: string, ...values: readonly string[]): Promise<Result> {
  const child = spawn(process.execPath, ['--expose-gc', compiledFile(source), ...values], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [output, complaints, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  if (code !== 0 || !last.startsWith('{'))
    throw new Error(`${source} ended with code ${code ?? 'none'}:\n${complaints}${output}`);
  return JSON.parse(last) as Result;
}

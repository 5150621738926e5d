import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { encodeVector } from '../../../src/protection/vector-bytes.js';
import { compiledFile } from '../../../src/project-root.js';
import type { CrashCommand, CrashReply } from './crash-child.js';
import type { CrashingProcess, Outcome } from './crash-loop.js';
import type { StoredPerson } from '../databases/read-data-folder.js';
import { textPicture, textTemplate } from './text-face-service.js';

interface Waiting {
  resolve(outcome: Outcome): void;
  reject(reason: Error): void;
}

/** The user service over the embedded database and the image folder, in a process of its own. */
export function startCrashingTextService(folder: string): CrashingProcess {
  const child = spawn(process.execPath, [compiledFile('test/support/service/crash-child.ts'), folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // Writing to a killed process fails, which is what this test is about.
  child.stdin.on('error', () => undefined);
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const drained = once(lines, 'close');
  const waiting = new Map<string, Waiting>();
  const ready = new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      const reply = JSON.parse(line) as CrashReply;
      if ('ready' in reply) resolve();
      else if (reply.failure === null) waiting.get(reply.id)?.resolve('answered');
      else waiting.get(reply.id)?.reject(new Error(reply.failure));
    });
    child.once('exit', () => {
      reject(new Error('The process ended before it was ready.'));
    });
  });
  ready.catch(() => undefined);
  const send = (command: CrashCommand) =>
    new Promise<Outcome>((resolve, reject) => {
      waiting.set(command.id, { resolve, reject });
      child.stdin.write(`${JSON.stringify(command)}\n`);
    });
  return {
    ready,
    register: (id, person) => send({ id, person }),
    remove: (id) => send({ id }),
    kill: async () => {
      child.kill('SIGKILL');
      await Promise.all([exited, drained]);
      if (child.signalCode !== 'SIGKILL') throw new Error('The process had ended before it was killed.');
      for (const sent of waiting.values()) sent.resolve('unanswered');
    },
  };
}

export function isStoredAsText({ picture, vector }: StoredPerson, person: number): boolean {
  return picture.equals(textPicture(person)) && vector.equals(encodeVector(textTemplate(person)));
}

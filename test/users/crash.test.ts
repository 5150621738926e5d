import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { encodeVector } from '../../src/database/vector-bytes.js';
import { compiledFile } from '../../src/project-root.js';
import type { CrashCommand, CrashReply } from '../support/crash-child.js';
import { CrashLoop, type CrashingProcess, type Outcome } from '../support/crash-loop.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { textPicture, textTemplate } from '../support/text-face-service.js';

interface Waiting {
  resolve(outcome: Outcome): void;
  reject(reason: Error): void;
}

/** The user service over the embedded database and the image folder, in a process of its own. */
function start(folder: string): CrashingProcess {
  const child = spawn(process.execPath, [compiledFile('test/support/crash-child.ts'), folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
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
      expect(child.signalCode).toBe('SIGKILL');
      for (const sent of waiting.values()) sent.resolve('unanswered');
    },
  };
}

it('loses nothing answered and leaves nothing half-written over 52 kills', { timeout: 120_000 }, async () => {
  const loops = Array.from(
    { length: 4 },
    (_, seed) =>
      new CrashLoop({
        folder: temporaryFolder(),
        start,
        isStored: ({ picture, vector }, person) =>
          picture.equals(textPicture(person)) && vector.equals(encodeVector(textTemplate(person))),
        seed,
        lifeMs: 200,
        inFlight: 6,
      }),
  );
  await Promise.all(loops.map((loop) => loop.run(13)));

  const total = (count: keyof CrashLoop['counts']) =>
    loops.reduce((sum, { counts }) => sum + counts[count], 0);
  expect(total('kills')).toBe(52);
  expect(total('registrations')).toBeGreaterThan(0);
  expect(total('deletions')).toBeGreaterThan(0);
  expect(total('interrupted')).toBeGreaterThan(0);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { encodeVector } from '../../src/database/vector-bytes.js';
import { compiledFile } from '../../src/project-root.js';
import type { CrashCommand, CrashReply } from '../support/crash-child.js';
import { readDataFolder } from '../support/read-data-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { textPicture, textTemplate } from '../support/text-face-service.js';

const folders = 4;
const killsPerFolder = 13;
const inFlight = 6;
const ids = Array.from({ length: 12 }, (_, number) => `user-${number}`);

/** What is known of an id: the person registered under it, or null. */
type Person = number | null;

/** Drives a service process on one folder, kills it again and again, and compares what was answered with what is there. */
class CrashLoop {
  readonly #known = new Map<string, Person>(ids.map((id) => [id, null]));
  readonly #underWay = new Map<string, Person>();
  readonly answered = { registrations: 0, deletions: 0 };
  interrupted = 0;
  #nextPerson = 1;

  constructor(
    private readonly folder: string,
    private readonly random: () => number,
  ) {}

  /** One life of the process, killed at a random moment. */
  async killDuringWrites(): Promise<void> {
    const child = this.#spawn();
    await child.ready;
    this.compare();
    for (let slot = 0; slot < inFlight; slot += 1) this.#sendNext(child.send);
    await wait(this.random() * 200);
    await child.kill();
    this.interrupted += this.#underWay.size;
  }

  async killDuringStart(): Promise<void> {
    const child = this.#spawn();
    await wait(50 + this.random() * 250);
    await child.kill();
  }

  async startAndCompare(): Promise<void> {
    const child = this.#spawn();
    await child.ready;
    this.compare();
    await child.kill();
  }

  /** What was answered must be as it was answered; what was not must be as before or as asked for, whole. */
  compare(): void {
    const { people, problems } = readDataFolder(this.folder);
    expect(problems).toEqual([]);
    for (const [id, before] of this.#known) {
      const stored = people.get(id);
      const possible = this.#underWay.has(id) ? [before, this.#underWay.get(id) ?? null] : [before];
      const found = possible.find((person) =>
        person === null
          ? stored === undefined
          : stored?.picture.equals(textPicture(person)) === true &&
            stored.vector.equals(encodeVector(textTemplate(person))),
      );
      expect(found, `${id} is neither ${possible.join(' nor ')}`).not.toBeUndefined();
      this.#known.set(id, found ?? null);
    }
    this.#underWay.clear();
  }

  #spawn() {
    const child = spawn(process.execPath, [compiledFile('test/support/crash-child.ts'), this.folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    // Writing to a killed process fails, which is what this test is about.
    child.stdin.on('error', () => undefined);
    const exited = once(child, 'exit');
    const send = (command: CrashCommand) => child.stdin.write(`${JSON.stringify(command)}\n`);
    const lines = createInterface({ input: child.stdout });
    const drained = once(lines, 'close');
    const ready = new Promise<void>((resolve, reject) => {
      lines.on('line', (line) => {
        const reply = JSON.parse(line) as CrashReply;
        if ('ready' in reply) resolve();
        else this.#settle(reply, send);
      });
      child.once('exit', () => {
        reject(new Error('The process ended before it was ready.'));
      });
    });
    ready.catch(() => undefined);
    const kill = async () => {
      child.kill('SIGKILL');
      await Promise.all([exited, drained]);
      expect(child.signalCode).toBe('SIGKILL');
    };
    return { ready, send, kill };
  }

  #sendNext(send: (command: CrashCommand) => void): void {
    const idle = ids.filter((id) => !this.#underWay.has(id));
    const id = idle[Math.floor(this.random() * idle.length)];
    if (id === undefined) throw new Error('Every id is under way.');
    if (this.#known.get(id) === null) {
      const person = this.#nextPerson++;
      this.#underWay.set(id, person);
      send({ id, person });
    } else {
      this.#underWay.set(id, null);
      send({ id });
    }
  }

  #settle({ id, failure }: Extract<CrashReply, { id: string }>, send: (command: CrashCommand) => void): void {
    expect(failure).toBeNull();
    const person = this.#underWay.get(id) ?? null;
    this.#underWay.delete(id);
    this.#known.set(id, person);
    this.answered[person === null ? 'deletions' : 'registrations'] += 1;
    this.#sendNext(send);
  }
}

it(
  `loses nothing answered and leaves nothing half-written over ${folders * killsPerFolder} kills`,
  { timeout: 120_000 },
  async () => {
    const loops = Array.from({ length: folders }, (_, seed) => {
      let state = seed + 1;
      // Park and Miller's generator: the same kills in every run, as far as the clock allows.
      const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
      return new CrashLoop(temporaryFolder(), random);
    });
    const run = async (loop: CrashLoop) => {
      for (let kill = 0; kill < killsPerFolder; kill += 1)
        if (kill % 5 === 4) await loop.killDuringStart();
        else await loop.killDuringWrites();
      await loop.startAndCompare();
    };
    await Promise.all(loops.map(run));

    const total = (count: (loop: CrashLoop) => number) => loops.reduce((sum, loop) => sum + count(loop), 0);
    expect(total(({ answered }) => answered.registrations)).toBeGreaterThan(0);
    expect(total(({ answered }) => answered.deletions)).toBeGreaterThan(0);
    expect(total(({ interrupted }) => interrupted)).toBeGreaterThan(0);
  },
);

import { setTimeout as wait } from 'node:timers/promises';
import { readDataFolder, type StoredPerson } from '../databases/read-data-folder.js';
import { seededChance } from '../seeded-chance.js';

export type Outcome = 'answered' | 'unanswered';

/** A process that serves one data folder. */
export interface CrashingProcess {
  /** Resolves once it serves. */
  readonly ready: Promise<unknown>;
  /** Each rejects when the answer is a failure, and gives `unanswered` when the process died before it. */
  register(id: string, person: number): Promise<Outcome>;
  remove(id: string): Promise<Outcome>;
  /** Ends it with SIGKILL and waits until everything it had answered has arrived. */
  kill(): Promise<void>;
}

export interface CrashLoopOptions {
  readonly folder: string;
  readonly start: (folder: string) => CrashingProcess;
  /** Whether what is stored is the registration of this person. */
  readonly isStored: (stored: StoredPerson, person: number) => boolean;
  /** Same numbers, same choice of operations and moments, as far as the clock allows. */
  readonly seed: number;
  /** Most answers of one life; so counted, a slow machine gets as far as a fast one. */
  readonly answers: number;
  /** Longest time in milliseconds from the last of them to the end. */
  readonly restMs: number;
  readonly inFlight: number;
}

/** The person registered under an id, or null. */
type Person = number | null;

const ids = Array.from({ length: 12 }, (_, number) => `user-${number}`);

/** Kills a process again and again during writes, and compares what it had answered with what is there. */
export class CrashLoop {
  readonly counts = { kills: 0, registrations: 0, deletions: 0, interrupted: 0 };
  readonly #known = new Map<string, Person>(ids.map((id) => [id, null]));
  readonly #underWay = new Map<string, Person>();
  readonly #chance: () => number;
  #nextPerson = 1;
  #onAnswer: () => void = () => undefined;

  constructor(private readonly options: CrashLoopOptions) {
    this.#chance = seededChance(options.seed);
  }

  /**
   * Every fifth kill falls into the start.
   * @throws Error that says what was lost or is half-written.
   */
  async run(kills: number): Promise<void> {
    for (let kill = 1; kill <= kills; kill += 1) {
      const child = this.options.start(this.options.folder);
      try {
        if (kill % 5 === 0) await wait(50 + this.#chance() * 250);
        else await this.#write(child);
      } finally {
        await child.kill();
      }
      this.counts.kills += 1;
    }
    const last = this.options.start(this.options.folder);
    try {
      await last.ready;
      this.#compare();
    } finally {
      await last.kill();
    }
  }

  async #write(child: CrashingProcess): Promise<void> {
    await child.ready;
    this.#compare();
    const answered = this.#answered(Math.floor(this.#chance() * (this.options.answers + 1)));
    const slots = Array.from({ length: this.options.inFlight }, () => this.#writeUntilKilled(child));
    await Promise.race([answered, Promise.all(slots)]);
    await wait(this.#chance() * this.options.restMs);
    await child.kill();
    await Promise.all(slots);
    this.counts.interrupted += this.#underWay.size;
  }

  async #writeUntilKilled(child: CrashingProcess): Promise<void> {
    for (;;) {
      const idle = ids.filter((id) => !this.#underWay.has(id));
      const id = idle[Math.floor(this.#chance() * idle.length)];
      if (id === undefined) throw new Error('Every id is under way.');
      const person = this.#known.get(id) === null ? this.#nextPerson++ : null;
      this.#underWay.set(id, person);
      const outcome = await (person === null ? child.remove(id) : child.register(id, person));
      if (outcome === 'unanswered') return;
      this.#underWay.delete(id);
      this.#known.set(id, person);
      this.counts[person === null ? 'deletions' : 'registrations'] += 1;
      this.#onAnswer();
    }
  }

  #answered(count: number): Promise<void> {
    return new Promise((resolve) => {
      let left = count;
      this.#onAnswer = () => {
        left -= 1;
        if (left <= 0) resolve();
      };
      if (count === 0) resolve();
    });
  }

  /** What was answered must be as it was answered; what was not must be as before or as asked for, whole. */
  #compare(): void {
    const { people, problems } = readDataFolder(this.options.folder);
    if (problems.length > 0) throw new Error(problems.join('; '));
    for (const [id, before] of this.#known) {
      const stored = people.get(id);
      const possible = this.#underWay.has(id) ? [before, this.#underWay.get(id) ?? null] : [before];
      const found = possible.find((person) =>
        person === null || stored === undefined
          ? person === null && stored === undefined
          : this.options.isStored(stored, person),
      );
      if (found === undefined) throw new Error(`${id} is neither ${possible.join(' nor ')}.`);
      this.#known.set(id, found);
    }
    this.#underWay.clear();
  }
}

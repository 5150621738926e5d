import { setTimeout as wait } from 'node:timers/promises';
import { strangers } from '../../../test/support/pictures/sample-faces.js';
import { seededChance } from '../../../test/support/seeded-chance.js';
import type { PatientClient } from './patient-client.js';
import { Person } from './person.js';

/** Everybody at once, each with one request under way after the other, until stopped or until an answer is wrong. */
export class People {
  #running = true;
  readonly #wrong: string[] = [];
  readonly #work: Promise<unknown>;

  private constructor(
    readonly all: readonly Person[],
    private readonly client: PatientClient,
    seed: number,
  ) {
    this.#work = Promise.all(
      all.map((person, place) => this.#keepAsking(person, seededChance(seed + place))),
    );
  }

  static async begin(client: PatientClient, seed: number): Promise<People> {
    return new People(await Promise.all(strangers.map((name) => Person.of(name, client))), client, seed);
  }

  get registered(): string[] {
    return this.all.flatMap(({ id }) => id ?? []).sort();
  }

  get counts(): { registrations: number; deletions: number; questions: number } {
    const sum = (of: (person: Person) => number) => this.all.reduce((total, person) => total + of(person), 0);
    return {
      registrations: sum(({ counts }) => counts.registrations),
      deletions: sum(({ counts }) => counts.deletions),
      questions: sum(({ counts }) => counts.questions),
    };
  }

  /** Resolves after so many more answers. @throws Error when one was wrong. */
  async answered(count: number): Promise<void> {
    const goal = this.client.counts.answered + count;
    while (this.client.counts.answered < goal && this.#wrong.length === 0) await wait(10);
    this.assertRight();
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#work;
  }

  assertRight(): void {
    if (this.#wrong.length > 0) throw new Error(this.#wrong.join('\n'));
  }

  async #keepAsking(person: Person, chance: () => number): Promise<void> {
    try {
      while (this.#running) await person.something(chance());
    } catch (error) {
      this.#running = false;
      this.#wrong.push(error instanceof Error ? error.message : String(error));
    }
  }
}

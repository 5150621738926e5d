import { setTimeout as wait } from 'node:timers/promises';
import { sampleFace, strangers } from '../../test/support/pictures/sample-faces.js';
import { restForm, ServiceClient } from '../../test/support/service/service-client.js';

/** Statuses of any answer that is no failure of the service. */
const refusals = new Set([400, 404, 409, 413, 415, 429, 503]);

const MAX_COMPLAINTS = 10;

type Person = (typeof strangers)[number];

/** Registers, verifies, lists and deletes over both interfaces, with bad input among it, and looks at every answer. */
export class MixedLoad {
  readonly counts = { requests: 0, refused: 0, wrong: 0 };
  readonly complaints: string[] = [];
  readonly #client: ServiceClient;
  readonly #underWay = new Set<Promise<void>>();
  readonly #registered = new Set<Person>();
  readonly #busy = new Set<Person>();
  #due = 0;

  constructor(
    private readonly address: string,
    private readonly chance: () => number,
  ) {
    this.#client = new ServiceClient(address);
  }

  /** Everybody once, so that every part has been used before anything is measured. */
  async warmUp(): Promise<void> {
    for (const person of strangers) {
      await this.#client.registerOverRest(person, await sampleFace(person));
      this.#registered.add(person);
    }
    for (const person of strangers) await this.#verify(person);
  }

  /** Sends one request when it is due; several may be under way. */
  async next(everyMs: number): Promise<void> {
    this.#due = Math.max(this.#due, Date.now() - 10 * everyMs) + everyMs;
    await wait(Math.max(0, this.#due - Date.now()));
    if (this.#underWay.size >= 32) return;
    const running: Promise<void> = this.#some()
      .catch((error: unknown) => {
        this.#complain(error instanceof Error ? error.message : String(error));
      })
      .finally(() => this.#underWay.delete(running));
    this.#underWay.add(running);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #some(): Promise<void> {
    this.counts.requests += 1;
    const kind = this.chance();
    if (kind < 0.15) return this.#bad();
    if (kind < 0.25) {
      await this.#client.users();
      return;
    }
    const person = strangers[Math.floor(this.chance() * strangers.length)];
    if (person === undefined || this.#busy.has(person)) return;
    this.#busy.add(person);
    try {
      if (!this.#registered.has(person)) {
        await this.#client.registerOverRest(person, await sampleFace(person));
        this.#registered.add(person);
      } else if (kind < 0.4) {
        await this.#client.deleteOverGraphql(person);
        this.#registered.delete(person);
      } else await this.#verify(person);
    } catch (error) {
      if (!/busy|temporarily unavailable/.test(String(error))) throw error;
      this.counts.refused += 1;
    } finally {
      this.#busy.delete(person);
    }
  }

  async #verify(person: Person): Promise<void> {
    const probe = await sampleFace(person, this.chance() < 0.5 ? 'webp' : 'smaller');
    const { verified } =
      this.chance() < 0.5
        ? await this.#client.verifyOverRest(person, probe)
        : await this.#client.verifyOverGraphql(person, probe);
    if (!verified) this.#complain(`${person} was not verified.`);
  }

  /** Bodies that have to be refused. */
  async #bad(): Promise<void> {
    const picture = await sampleFace('sample1-left');
    const bodies = [
      restForm('nobody', picture.subarray(0, picture.length >> 1)),
      restForm('nobody', Buffer.from('no picture')),
      restForm('nobody', Buffer.alloc(11_000_000)),
      restForm('', picture),
      '{',
      'x'.repeat(200_000),
    ];
    const body = bodies[Math.floor(this.chance() * bodies.length)];
    const path = ['/register/', '/verify/', '/graphql'][Math.floor(this.chance() * 3)] ?? '/';
    const answer = await fetch(`${this.address}${path}`, {
      method: 'POST',
      ...(body !== undefined && { body }),
    });
    await answer.text();
    this.counts.refused += 1;
    if (!refusals.has(answer.status)) this.#complain(`Bad input to ${path} was answered ${answer.status}.`);
  }

  #complain(sentence: string): void {
    this.counts.wrong += 1;
    if (this.complaints.length < MAX_COMPLAINTS) this.complaints.push(sentence);
  }
}

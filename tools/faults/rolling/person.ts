import { randomUUID } from 'node:crypto';
import { sampleFace, type SampleFace } from '../../../test/support/pictures/sample-faces.js';
import { graphqlForm, idForm, restForm } from '../../../test/support/service/service-client.js';
import type { Answer, PatientClient } from './patient-client.js';

const IDENTIFY = 'mutation ($image: Upload!) { identifyFace(image: $image) { candidates { id } } }';

/**
 * One person and all that is asked about them, one request after the other, so that each answer is known beforehand.
 * Every registration is under an id of its own.
 */
export class Person {
  /** The id they are registered under now. */
  id: string | null = null;
  readonly counts = { registrations: 0, deletions: 0, questions: 0 };
  #gone: string | null = null;

  private constructor(
    private readonly name: SampleFace,
    private readonly enrolled: Buffer,
    private readonly probe: Buffer,
    private readonly client: PatientClient,
  ) {}

  static async of(name: SampleFace, client: PatientClient): Promise<Person> {
    return new Person(name, await sampleFace(name), await sampleFace(name, 'webp'), client);
  }

  /** @throws Error when the answer is not the one that a single node alone would give. */
  async something(chance: number): Promise<void> {
    const choices =
      this.id === null
        ? [() => this.#register(), () => this.#search(), () => this.#askForTheGone()]
        : [
            () => this.#verify(),
            () => this.#search(),
            () => this.#again(),
            () => this.#list(),
            () => this.#remove(),
          ];
    await choices[Math.floor(chance * choices.length)]?.();
  }

  /** Present or not, as every node must know. */
  async last(): Promise<void> {
    await this.#search();
    if (this.id !== null) await this.#verify();
    await this.#askForTheGone();
  }

  async #register(): Promise<void> {
    const id = `${this.name}-${this.counts.registrations}`;
    expectStatus(
      await this.#send('POST', '/register/', restForm(id, this.enrolled)),
      201,
      `registration of ${id}`,
    );
    this.counts.registrations += 1;
    this.id = id;
  }

  async #remove(): Promise<void> {
    const id = this.#present();
    expectStatus(await this.#send('DELETE', '/register/', idForm(id)), 204, `deletion of ${id}`);
    this.counts.deletions += 1;
    this.id = null;
    this.#gone = id;
  }

  async #verify(): Promise<void> {
    const id = this.#present();
    this.counts.questions += 1;
    const answer = await this.#send('POST', '/verify/', restForm(id, this.probe));
    expectStatus(answer, 200, `verification of ${id}`);
    const { recognition, verified } = JSON.parse(answer.text) as { recognition: unknown; verified: unknown };
    if (recognition !== id || verified !== true) throw new Error(`Verification of ${id}: ${answer.text}`);
  }

  async #search(): Promise<void> {
    this.counts.questions += 1;
    const form = graphqlForm(IDENTIFY, { image: null }, this.probe);
    const answer = await this.#send('POST', '/graphql', form);
    const { data } = JSON.parse(answer.text) as {
      data?: { identifyFace: { candidates: { id: string }[] } } | null;
    };
    const found = data?.identifyFace.candidates.map(({ id }) => id).join();
    if (found !== (this.id ?? ''))
      throw new Error(`Search for ${this.id ?? 'nobody'}: ${answer.text} ${answer.logged}`);
  }

  async #again(): Promise<void> {
    const id = this.#present();
    this.counts.questions += 1;
    expectStatus(
      await this.#send('POST', '/register/', restForm(id, this.enrolled)),
      409,
      `second registration of ${id}`,
    );
  }

  async #list(): Promise<void> {
    this.counts.questions += 1;
    const answer = await this.client.ask('/register/', () => ({}));
    expectStatus(answer, 200, 'list');
    const { data } = JSON.parse(answer.text) as { data: { id: string }[] };
    const found = data
      .map(({ id }) => id)
      .filter((id) => id.startsWith(`${this.name}-`))
      .join();
    if (found !== this.#present()) throw new Error(`The list has ${found}, not ${this.#present()}.`);
  }

  async #askForTheGone(): Promise<void> {
    const id = this.#gone;
    if (id === null) return;
    this.counts.questions += 2;
    expectStatus(
      await this.#send('POST', '/verify/', restForm(id, this.probe)),
      400,
      `verification of the deleted ${id}`,
    );
    expectStatus(await this.#send('DELETE', '/register/', idForm(id)), 404, `second deletion of ${id}`);
  }

  /** Under one key, so that a repetition gets the first answer. */
  #send(method: 'POST' | 'DELETE', path: string, body: FormData): Promise<Answer> {
    const headers = { 'idempotency-key': randomUUID(), 'apollo-require-preflight': 'true' };
    return this.client.ask(path, () => ({ method, headers, body }));
  }

  #present(): string {
    if (this.id === null) throw new Error(`${this.name} is not registered.`);
    return this.id;
  }
}

function expectStatus({ status, text, logged }: Answer, expected: number, what: string): void {
  if (status !== expected) throw new Error(`${what}: ${status} and not ${expected}. ${text} ${logged}`);
}

import { setTimeout as sleep } from 'node:timers/promises';
import { restForm } from './service-client.js';
import { textPicture } from './text-face-service.js';

interface PhaseFigures {
  succeeded: number;
  refused: number;
  /** Milliseconds that passed without a single success. */
  longestGap: number;
  slowest: number;
}

export interface LoadReport {
  readonly operations: number;
  /** Number of answers by status, other than success. */
  readonly refusals: Record<string, number>;
  /** Milliseconds from the first to the last refusal. */
  readonly refusedFor: number;
  readonly phases: Record<string, PhaseFigures>;
  /** Answers that cannot be right. */
  readonly wrong: string[];
  readonly acknowledged: string[];
}

/** Clients that register new people at one node and verify them at another, without a pause, until stopped. */
export class ContinuousLoad {
  phase = 'before';
  readonly #acknowledged: string[] = [];
  readonly #refusals = new Map<string, number>();
  readonly #refusalTimes: number[] = [];
  readonly #phases = new Map<string, PhaseFigures>();
  readonly #wrong: string[] = [];
  readonly #clients: Promise<unknown>;
  #operations = 0;
  #lastSuccess = Date.now();
  #running = true;

  constructor(
    private readonly addresses: readonly string[],
    clients: number,
  ) {
    this.#clients = Promise.all(Array.from({ length: clients }, (_, client) => this.#work(client)));
  }

  /** Resolves after so many more operations have succeeded. */
  async succeed(count: number): Promise<void> {
    const succeeded = () => [...this.#phases.values()].reduce((sum, phase) => sum + phase.succeeded, 0);
    const goal = succeeded() + count;
    while (succeeded() < goal && this.#wrong.length === 0) await sleep(20);
  }

  async stop(): Promise<LoadReport> {
    this.#running = false;
    await this.#clients;
    return {
      operations: this.#operations,
      refusals: Object.fromEntries(this.#refusals),
      refusedFor: (this.#refusalTimes.at(-1) ?? 0) - (this.#refusalTimes[0] ?? 0),
      phases: Object.fromEntries(this.#phases),
      wrong: this.#wrong,
      acknowledged: this.#acknowledged,
    };
  }

  async #work(client: number): Promise<void> {
    for (let number = 0; this.#running; number += 1) {
      const id = `person-${client}-${number}`;
      const person = client * 100_000 + number;
      const status = await this.#send(client + number, '/register/', id, person);
      // After a refusal it may be there or not; a second try must say which.
      const settled = status === 503 ? await this.#send(client + number, '/register/', id, person) : status;
      if (settled === 201 || settled === 409) this.#acknowledged.push(id);
      else if (settled !== 503) this.#wrong.push(`registration of ${id}: ${settled}`);
      if (status === 409) this.#wrong.push(`${id} was there before it was registered`);
      const known = this.#acknowledged.at(-1);
      if (known !== undefined) await this.#verify(client + number + 1, known);
    }
  }

  async #verify(node: number, id: string): Promise<void> {
    const [, client, number] = id.split('-').map(Number);
    const person = (client ?? 0) * 100_000 + (number ?? 0);
    const expected = JSON.stringify({
      message: 'Image received successfully!',
      recognition: id,
      verified: true,
    });
    await this.#send(node, '/verify/', id, person, expected);
  }

  async #send(node: number, path: string, id: string, person: number, expected?: string): Promise<number> {
    const { phase } = this;
    const started = Date.now();
    const answer = await fetch(`${this.addresses[node % this.addresses.length] ?? ''}${path}`, {
      method: 'POST',
      body: restForm(id, Buffer.from(textPicture(person))),
    });
    const body = await answer.text();
    this.#count(phase, answer.status, started);
    if (answer.ok && expected !== undefined && body !== expected)
      this.#wrong.push(`${path} of ${id}: ${body}`);
    if (answer.status >= 400 && answer.status !== 503 && answer.status !== 409)
      this.#wrong.push(`${path} of ${id}: ${body}`);
    if (answer.status === 503 && answer.headers.get('retry-after') === null)
      this.#wrong.push(`${path} of ${id}: no Retry-After`);
    return answer.status;
  }

  #count(phase: string, status: number, started: number): void {
    const now = Date.now();
    const figures = this.#phases.get(phase) ?? { succeeded: 0, refused: 0, longestGap: 0, slowest: 0 };
    this.#phases.set(phase, figures);
    this.#operations += 1;
    figures.slowest = Math.max(figures.slowest, now - started);
    if (status === 503) {
      figures.refused += 1;
      this.#refusalTimes.push(now);
      this.#refusals.set(String(status), (this.#refusals.get(String(status)) ?? 0) + 1);
    } else {
      figures.succeeded += 1;
      figures.longestGap = Math.max(figures.longestGap, now - this.#lastSuccess);
      this.#lastSuccess = now;
    }
  }
}

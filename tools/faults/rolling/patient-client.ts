import { setTimeout as wait } from 'node:timers/promises';
import type { Cluster } from './cluster.js';

const LIMIT_MS = 60_000;
const LONGEST_PAUSE_MS = 200;

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** What the nodes logged about a failure of theirs. */
  readonly logged: string;
}

/** Asks one node after the other, and again after any answer that allows it, as a load balancer and its clients do. */
export class PatientClient {
  readonly counts = { answered: 0, refused: 0, unreachable: 0, cutOff: 0 };
  #next = 0;

  constructor(private readonly cluster: Cluster) {}

  /**
   * @param request makes the request anew each time.
   * @throws Error when there is no answer, or a node fails that nobody replaces.
   */
  async ask(path: string, request: () => RequestInit): Promise<Answer> {
    const deadline = Date.now() + LIMIT_MS;
    for (let attempt = 1; Date.now() < deadline; attempt += 1) {
      const seat = this.#next++ % this.cluster.size;
      const answer = await this.askOnce(seat, path, request());
      if (answer !== null) return answer;
      await wait(Math.min(20 * attempt, LONGEST_PAUSE_MS));
    }
    throw new Error(`No node answered ${path} within ${LIMIT_MS / 1000} seconds.`);
  }

  /** @returns null when the same request may be sent again. */
  async askOnce(seat: number, path: string, request: RequestInit): Promise<Answer | null> {
    const changes = this.cluster.changes(seat);
    try {
      const answer = await fetch(`${this.cluster.address(seat)}${path}`, request);
      const text = await answer.text();
      if (answer.status === 503 && answer.headers.has('retry-after')) {
        this.counts.refused += 1;
        return null;
      }
      this.counts.answered += 1;
      const logged = answer.status < 500 ? '' : this.#logged(answer);
      return { status: answer.status, text, logged };
    } catch (error) {
      const code = codeOf(error);
      if (changes % 2 === 0 && this.cluster.changes(seat) === changes)
        throw new Error(`A node that nobody replaces was lost: ${code}.`, { cause: error });
      this.counts[code === 'ECONNREFUSED' ? 'unreachable' : 'cutOff'] += 1;
      return null;
    }
  }

  #logged(answer: Response): string {
    return this.cluster.logged(answer.headers.get('x-request-id') ?? 'no request id');
  }
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(error);
}

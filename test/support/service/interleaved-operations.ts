import { expect } from 'vitest';
import { idForm, restForm } from './service-client.js';
import { textPicture } from './text-face-service.js';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface InterleavedOptions {
  /** Two nodes of the service. */
  readonly addresses: readonly [string, string];
  readonly workers: number;
  readonly roundsPerWorker: number;
}

const verified = (id: string) => ({
  status: 200,
  body: { message: 'Image received successfully!', recognition: id, verified: true },
});
const refused = (recognition: string | null) => ({
  status: 200,
  body: { message: 'Image received successfully!', recognition, verified: false },
});
const unknown = { status: 400, body: { error: 'Invalid User', verified: false } };

/**
 * Registers, verifies and deletes people on one node and asks the other one at once, in several threads of work
 * that do not touch each other's people; each answer must be right.
 * @returns number of operations.
 */
export async function interleavedOperations({
  addresses,
  workers,
  roundsPerWorker,
}: InterleavedOptions): Promise<number> {
  let operations = 0;
  const send = async (
    node: number,
    method: 'POST' | 'DELETE',
    path: string,
    body: FormData,
  ): Promise<Answer> => {
    operations += 1;
    const response = await fetch(`${addresses[node % 2] ?? ''}${path}`, { method, body });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
  };
  const picture = (person: number) => Buffer.from(textPicture(person));
  const register = (node: number, id: string, person: number) =>
    send(node, 'POST', '/register/', restForm(id, picture(person)));
  const verify = (node: number, id: string, person: number) =>
    send(node, 'POST', '/verify/', restForm(id, picture(person)));
  const remove = (node: number, id: string) => send(node, 'DELETE', '/register/', idForm(id));

  const work = async (worker: number) => {
    const anchor = anchorId(worker);
    const anchorPerson = 1_000_000 + worker;
    expect(await register(worker, anchor, anchorPerson)).toMatchObject({ status: 201 });
    for (let round = 0; round < roundsPerWorker; round += 1) {
      const id = `guest-${worker}-${round % 3}`;
      const person = worker * 1000 + round;
      const [here, there] = round % 2 === 0 ? [0, 1] : [1, 0];
      expect(await verify(here, anchor, person)).toEqual(refused(null));
      expect(await register(here, id, person)).toMatchObject({ status: 201 });
      expect(await verify(there, anchor, person)).toEqual(refused(id));
      expect(await verify(there, id, person)).toEqual(verified(id));
      expect(await register(there, id, person)).toMatchObject({ status: 409 });
      expect(await verify(there, id, anchorPerson)).toEqual(refused(anchor));
      expect(await remove(there, id)).toMatchObject({ status: 204 });
      expect(await verify(here, anchor, person)).toEqual(refused(null));
      expect(await verify(here, id, person)).toEqual(unknown);
      expect(await remove(here, id)).toMatchObject({ status: 404 });
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));

  for (const address of addresses) {
    const listed = (await (await fetch(`${address}/register/`)).json()) as { data: { id: string }[] };
    expect(listed.data.map(({ id }) => id)).toEqual(
      Array.from({ length: workers }, (_, worker) => anchorId(worker)).sort(),
    );
  }
  return operations;
}

function anchorId(worker: number): string {
  return `anchor-${worker}`;
}

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { mariadbMissing, MariadbServer } from '../support/mariadb-server.js';
import { restForm } from '../support/service-client.js';
import { ServiceProcess } from '../support/service-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { textPicture } from '../support/text-face-service.js';

const workers = 8;
const roundsPerWorker = 30;

interface Answer {
  readonly status: number;
  readonly body: unknown;
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

describe.skipIf(mariadbMissing !== null)(`several nodes over one database ${mariadbMissing ?? ''}`, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start();
  });
  afterAll(() => server.discard());

  it(
    'see at once what another one has answered, through thousands of interleaved operations',
    { timeout: 180_000 },
    async () => {
      const images = join(temporaryFolder(), 'images');
      const environment = { DATABASE_URL: server.url(await server.createDatabase()), LOG_LEVEL: 'info' };
      // Both start on the empty database: one migrates, the other waits.
      const nodes = await Promise.all(
        [0, 1].map(() =>
          ServiceProcess.start({ environment, program: ['test/support/text-node.ts', images] }),
        ),
      );
      onTestFinished(async () => {
        for (const node of nodes) await node.discard();
      });
      let operations = 0;
      const send = async (
        node: number,
        method: 'POST' | 'DELETE',
        path: string,
        body: FormData,
      ): Promise<Answer> => {
        operations += 1;
        const address = nodes[node % 2]?.address ?? '';
        const response = await fetch(`${address}${path}`, { method, body });
        const text = await response.text();
        return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) };
      };
      const picture = (person: number) => Buffer.from(textPicture(person));
      const register = (node: number, id: string, person: number) =>
        send(node, 'POST', '/register/', restForm(id, picture(person)));
      const verify = (node: number, id: string, person: number) =>
        send(node, 'POST', '/verify/', restForm(id, picture(person)));
      const remove = (node: number, id: string) => {
        const form = new FormData();
        form.set('id', id);
        return send(node, 'DELETE', '/register/', form);
      };

      const work = async (worker: number) => {
        const anchor = `anchor-${worker}`;
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

      expect(operations).toBe(workers * (10 * roundsPerWorker + 1));
      for (const node of nodes) {
        const listed = (await (await fetch(`${node.address}/register/`)).json()) as {
          data: { id: string }[];
        };
        expect(listed.data.map(({ id }) => id)).toEqual(
          Array.from({ length: workers }, (_, worker) => `anchor-${worker}`),
        );
      }
    },
  );

  it('let exactly one of many registrations of an id win, wherever they arrive', async () => {
    const images = join(temporaryFolder(), 'images');
    const environment = { DATABASE_URL: server.url(await server.createDatabase()) };
    const nodes = await Promise.all(
      [0, 1].map(() => ServiceProcess.start({ environment, program: ['test/support/text-node.ts', images] })),
    );
    onTestFinished(async () => {
      for (const node of nodes) await node.discard();
    });
    for (let round = 0; round < 10; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 12 }, async (_, contender) => {
          const body = restForm(`ada-${round}`, Buffer.from(textPicture(100 * round + contender)));
          const answer = await fetch(`${nodes[contender % 2]?.address ?? ''}/register/`, {
            method: 'POST',
            body,
          });
          return answer.status;
        }),
      );
      expect(answers.sort()).toEqual([201, ...Array<number>(11).fill(409)]);
    }
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMasterKey, formatMasterKey } from '../../../src/protection/master-key.js';
import { testMasterKey } from '../../support/databases/test-vault.js';
import { interleavedOperations } from '../../support/service/interleaved-operations.js';
import { mariadbMissing, MariadbServer } from '../../support/databases/mariadb-server.js';
import { restForm } from '../../support/service/service-client.js';
import { textPicture } from '../../support/service/text-face-service.js';
import { startTextNodes } from '../../support/service/text-nodes.js';

describe.skipIf(mariadbMissing !== null)(`several nodes over one database ${mariadbMissing ?? ''}`, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start();
  });
  afterAll(() => server.discard());

  // Both start on the empty database: one migrates, the other waits.
  const startTwo = async (
    environment: Record<string, string> = {},
    database?: string,
  ): Promise<[string, string]> => {
    const url = server.url(database ?? (await server.createDatabase()));
    const [first, second] = await startTextNodes([url, url], environment);
    return [first?.address ?? '', second?.address ?? ''];
  };

  it(
    'see at once what another one has answered, through thousands of operations',
    { timeout: 180_000 },
    async () => {
      const operations = await interleavedOperations({
        addresses: await startTwo(),
        workers: 8,
        roundsPerWorker: 30,
      });
      expect(operations).toBe(8 * (1 + 10 * 30));
    },
  );

  const verify = (address: string, id: string, person: number) =>
    fetch(`${address}/verify/`, { method: 'POST', body: restForm(id, Buffer.from(textPicture(person))) });

  it('delay attempts after failures on another one, and forget them with the user everywhere', async () => {
    const database = await server.createDatabase();
    const [here, there] = await startTwo({ FREE_FAILURES_PER_CALLER: '5' }, database);
    const register = () =>
      fetch(`${here}/register/`, { method: 'POST', body: restForm('ada', Buffer.from(textPicture(1))) });
    await register();
    for (let time = 0; time < 3; time += 1) expect((await verify(here, 'ada', 2)).status).toBe(200);
    for (let time = 0; time < 2; time += 1) expect((await verify(there, 'ada', 2)).status).toBe(200);
    // As if the latest failures had been many more: a delay that does not end during the test.
    await server.run('UPDATE face_rate_counters SET points = 20 WHERE points = 5', database);
    for (const address of [here, there]) {
      const refused = await verify(address, 'ada', 1);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(200);
    }
    const [row] = await server.run('SELECT GROUP_CONCAT(`key`) stored FROM face_rate_counters', database);
    expect(row?.['stored']).toMatch(/attempts:/);
    expect(row?.['stored']).not.toMatch(/ada|127\.0\.0\.1/);

    const form = new FormData();
    form.set('id', 'ada');
    expect((await fetch(`${there}/register/`, { method: 'DELETE', body: form })).status).toBe(204);
    await register();
    expect(await (await verify(here, 'ada', 1)).json()).toMatchObject({ verified: true });
  });

  it('go on for everybody else when one begins to use a master key that another does not have', async () => {
    const url = server.url(await server.createDatabase());
    const [before] = await startTextNodes([url]);
    const here = before?.address ?? '';
    const register = (address: string, id: string, person: number) =>
      fetch(`${address}/register/`, { method: 'POST', body: restForm(id, Buffer.from(textPicture(person))) });
    expect((await register(here, 'ada', 1)).status).toBe(201);

    const keys = [createMasterKey(), testMasterKey].map(formatMasterKey).join();
    const [ahead] = await startTextNodes([url], { MASTER_KEYS: keys });
    expect((await register(ahead?.address ?? '', 'bob', 2)).status).toBe(201);

    expect((await verify(here, 'bob', 2)).status).toBe(503);
    expect(await (await verify(here, 'ada', 1)).json()).toMatchObject({ verified: true });
    expect(await (await verify(ahead?.address ?? '', 'bob', 2)).json()).toMatchObject({ verified: true });
  });

  it('count the requests of an address together', async () => {
    const addresses = await startTwo({ ADDRESS_REQUESTS_PER_MINUTE: '10' });
    const statuses: number[] = [];
    for (let time = 0; time < 12; time += 1)
      statuses.push((await fetch(`${addresses[time % 2] ?? ''}/register/`)).status);
    expect(statuses).toEqual([...Array<number>(10).fill(200), 429, 429]);
  });

  it('let exactly one of many registrations of an id win, wherever they arrive', async () => {
    const addresses = await startTwo();
    for (let round = 0; round < 10; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 12 }, async (_, contender) => {
          const body = restForm(`ada-${round}`, Buffer.from(textPicture(100 * round + contender)));
          const address = addresses[contender % 2] ?? '';
          return (await fetch(`${address}/register/`, { method: 'POST', body })).status;
        }),
      );
      expect(answers.sort()).toEqual([201, ...Array<number>(11).fill(409)]);
    }
  });
});

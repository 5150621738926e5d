import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { interleavedOperations } from '../support/interleaved-operations.js';
import { mariadbMissing, MariadbServer } from '../support/mariadb-server.js';
import { restForm } from '../support/service-client.js';
import { textPicture } from '../support/text-face-service.js';
import { startTextNodes } from '../support/text-nodes.js';

describe.skipIf(mariadbMissing !== null)(`several nodes over one database ${mariadbMissing ?? ''}`, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start();
  });
  afterAll(() => server.discard());

  // Both start on the empty database: one migrates, the other waits.
  const startTwo = async (): Promise<[string, string]> => {
    const url = server.url(await server.createDatabase());
    const [first, second] = await startTextNodes([url, url]);
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

import { afterAll, beforeAll, describe } from 'vitest';
import { describeCounters } from '../../limits/counters-suite.js';
import { mariadbMissing, MariadbServer } from '../../support/databases/mariadb-server.js';
import { openFor, optionsFor } from '../../support/databases/mysql-database.js';

describe.skipIf(mariadbMissing !== null)(`counters in MySQL ${mariadbMissing ?? ''}`, () => {
  let server: MariadbServer;
  let name: string;
  beforeAll(async () => {
    server = await MariadbServer.start();
    name = await server.createDatabase();
  });
  afterAll(() => server.discard());

  describeCounters('that all nodes share', async () => {
    const { counters } = await openFor(optionsFor(server, name));
    if (counters === undefined) throw new Error('The database counts nothing.');
    await server.run('DELETE FROM face_rate_counters', name);
    return {
      counters,
      pass: async (ms) => {
        await server.run(`UPDATE face_rate_counters SET expire = expire - ${ms}`, name);
      },
      size: async () => {
        const [row] = await server.run('SELECT COUNT(*) n FROM face_rate_counters', name);
        return Number(row?.['n']);
      },
    };
  });
});

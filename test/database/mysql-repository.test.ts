import { afterAll, beforeAll, describe } from 'vitest';
import { mariadbMissing, MariadbServer } from '../support/mariadb-server.js';
import { emptyTables, openFor, optionsFor } from '../support/mysql-database.js';
import { describeRepository } from './repository-suite.js';

describe.skipIf(mariadbMissing !== null)(`over a real server ${mariadbMissing ?? ''}`, () => {
  let server: MariadbServer;
  let database: string | undefined;
  beforeAll(async () => {
    server = await MariadbServer.start();
  });
  afterAll(() => server.discard());

  describeRepository('MariaDB', async () => {
    // Creating the tables takes a second; emptying them is as good.
    if (database === undefined) database = await server.createDatabase();
    else await emptyTables(server, database);
    return openFor(optionsFor(server, database));
  });
});

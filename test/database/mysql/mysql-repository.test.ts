import { afterAll, beforeAll, describe } from 'vitest';
import type { Database } from '../../../src/database/database.js';
import { mariadbMissing, MariadbServer } from '../../support/databases/mariadb-server.js';
import { emptyTables, openFor, optionsFor } from '../../support/databases/mysql-database.js';
import { describeAuditLog } from '../audit-log-suite.js';
import { describeProtection } from '../protection-suite.js';
import { describeRepository } from '../repository-suite.js';

describe.skipIf(mariadbMissing !== null)(`over a real server ${mariadbMissing ?? ''}`, () => {
  let server: MariadbServer;
  let database: string | undefined;
  beforeAll(async () => {
    server = await MariadbServer.start();
  });
  afterAll(() => server.discard());

  const open = async (): Promise<Database> => {
    // Creating the tables takes a second; emptying them is as good.
    if (database === undefined) database = await server.createDatabase();
    else await emptyTables(server, database);
    return openFor(optionsFor(server, database));
  };
  describeRepository('MariaDB', open);
  describeAuditLog('MariaDB', open);
  describeProtection('MariaDB', async () => ({
    database: await open(),
    run: (sql) => server.run(sql, database),
    prefix: 'face_',
  }));
});

import { testOrigin } from '../../support/api/test-origin.js';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { migrateMysql } from '../../../src/database/mysql/migrations/migrate-mysql.js';
import { MysqlConnection, type PlainConnection } from '../../../src/database/mysql/mysql-connection.js';
import { MysqlSession } from '../../../src/database/mysql/mysql-session.js';
import { openMysqlDatabase } from '../../../src/database/mysql/open-mysql-database.js';
import { compiledFile } from '../../../src/project-root.js';
import { mariadbMissing, MariadbServer } from '../../support/databases/mariadb-server.js';
import { openFor, optionsFor } from '../../support/databases/mysql-database.js';
import { testVault } from '../../support/databases/test-vault.js';
import { enrol } from '../repository-suite.js';

const silent = pino({ level: 'silent' });
const LEGACY_TABLE =
  "CREATE TABLE users (id VARCHAR(255) PRIMARY KEY, timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP) CHARACTER SET latin1; INSERT INTO users VALUES ('ada', '2023-07-23 12:34:56'), ('Bob', NOW())";

describe.skipIf(mariadbMissing !== null)(`MySQL migrations ${mariadbMissing ?? ''}`, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start();
  });
  afterAll(() => server.discard());

  const connectTo = (name: string) =>
    MysqlConnection.open(
      { host: '127.0.0.1', port: server.port },
      { ...optionsFor(server, name), ssl: undefined },
    );

  const legacyDatabase = async () => {
    const name = await server.createDatabase();
    await server.run(LEGACY_TABLE, name);
    return name;
  };

  /** Every table as the server describes it. */
  const schemaOf = async (name: string) => {
    const tables = await server.run('SHOW TABLES', name);
    const names = tables.map((row) => String(Object.values(row)[0]));
    return Promise.all(
      names.map(async (table) => {
        const [row] = await server.run(`SHOW CREATE TABLE ${table}`, name);
        return String(row?.['Create Table']);
      }),
    );
  };

  /** What a holder that was killed leaves: nobody waits for it in these tests. */
  const endLease = async (name: string) => {
    const tables = await server.run("SHOW TABLES LIKE 'face_migration_lease'", name);
    if (tables.length > 0)
      await server.run("UPDATE face_migration_lease SET expires_at = '2000-01-01'", name);
  };

  const expectWhole = async (name: string) => {
    const untouched = await legacyDatabase();
    await openFor(optionsFor(server, untouched));
    const database = await openFor(optionsFor(server, name));
    expect(await schemaOf(name)).toEqual(await schemaOf(untouched));
    expect((await database.users.list({ first: 10 })).map(({ id }) => id)).toEqual(['Bob', 'ada']);
    expect((await database.users.find('ada'))?.timestamp).toEqual(new Date('2023-07-23T12:34:56Z'));
    await enrol(database, { id: 'eve' });
    expect(await database.gallery.revision()).toBe(1);
  };

  it('go on after a kill at any statement', async () => {
    const name = await legacyDatabase();
    const fatal = new Set<string>();
    for (let finished = false; !finished;) {
      const doomed = await connectTo(name);
      // Dies once at each statement, when the server has done it and before anybody hears of it.
      const connection: PlainConnection = {
        rows: (sql) => doomed.rows(sql),
        usable: true,
        destroy: () => {
          doomed.destroy();
        },
        execute: async (sql, params) => {
          const answer = await doomed.execute(sql, params);
          const statement = JSON.stringify([sql, params]);
          if (fatal.has(statement)) return answer;
          fatal.add(statement);
          doomed.destroy();
          throw new Error('killed');
        },
      };
      let calls = 0;
      finished = await migrateMysql({
        connect: () => {
          calls += 1;
          return calls === 1 ? Promise.resolve(connection) : connectTo(name);
        },
      }).then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject({ message: 'killed' });
          return false;
        },
      );
      await endLease(name);
    }
    expect(fatal.size).toBeGreaterThan(50);
    await expectWhole(name);
  });

  it('keep nobody waiting for a table that a long transaction holds, and go on when it has ended', async () => {
    const name = await legacyDatabase();
    const long = await server.connect(name);
    onTestFinished(() => {
      long.destroy();
    });
    await long.query('START TRANSACTION; SELECT * FROM users');
    const migrating = migrateMysql({ connect: () => connectTo(name) });
    const waiting = () =>
      server.run(
        "SELECT 1 FROM information_schema.processlist WHERE state LIKE 'Waiting for table metadata lock%'",
      );
    await expect.poll(async () => (await waiting()).length).toBe(1);
    // Behind the change that waits, and answered although the transaction has not ended.
    expect(await server.run('SELECT COUNT(*) n FROM users', name)).toEqual([{ n: 2 }]);
    await long.query('COMMIT');
    await migrating;
    await expectWhole(name);
  });

  it('make a snapshot that began before fail retryably', async () => {
    const name = await server.createDatabase();
    await server.run('CREATE TABLE migrated (id int primary key, n int)', name);
    const session = new MysqlSession({ ...optionsFor(server, name), ssl: undefined }, silent);
    onTestFinished(() => session.close());
    const reading = session.snapshot(async (database) => {
      await server.run('CREATE INDEX migrated_n ON migrated (n)', name);
      return database.execute(sql`select n from migrated`);
    });
    await expect(reading).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('go on after the process was killed', async () => {
    const name = await legacyDatabase();
    const opener = compiledFile('test/support/databases/open-mysql.ts');
    const settings = JSON.stringify(optionsFor(server, name));
    for (let round = 0; round < 6; round += 1) {
      const child = spawn(process.execPath, [opener, settings], { stdio: ['ignore', 'pipe', 'inherit'] });
      const steps = () => server.run('SELECT COUNT(*) n FROM face_migration_steps', name).catch(() => []);
      // Each round is killed three steps later than the one before.
      while (Number((await steps())[0]?.['n'] ?? 0) < 3 * round + 1 && child.exitCode === null)
        await sleep(1);
      child.kill('SIGKILL');
      await once(child, 'close');
      await endLease(name);
    }
    await expectWhole(name);
  });

  it('go on by themselves after the server was killed', async () => {
    const own = await MariadbServer.start({ durable: true });
    try {
      const name = await own.createDatabase();
      await own.run(LEGACY_TABLE, name);
      for (let kill = 1; kill <= 2; kill += 1) {
        const opening = openMysqlDatabase({ ...optionsFor(own, name), vault: testVault }, silent);
        const steps = () => own.run('SELECT COUNT(*) n FROM face_migration_steps', name).catch(() => []);
        while (Number((await steps())[0]?.['n'] ?? 0) < 6 * kill) await sleep(1);
        await own.end('SIGKILL');
        await own.restart();
        await own.run("UPDATE face_migration_lease SET expires_at = '2000-01-01'", name);
        const database = await opening;
        expect((await database.users.list({ first: 10 })).map(({ id }) => id)).toEqual(['Bob', 'ada']);
        await database.close();
        if (kill < 2) {
          await own.run(`DROP DATABASE ${name}; CREATE DATABASE ${name}`);
          await own.run(LEGACY_TABLE, name);
        }
      }
    } finally {
      await own.discard();
    }
  });

  it('run once when many nodes start together', async () => {
    const name = await legacyDatabase();
    await server.run("SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = ON");
    await Promise.all(Array.from({ length: 8 }, () => openFor(optionsFor(server, name))));
    await server.run('SET GLOBAL general_log = OFF');

    const [log] = await server.run(
      "SELECT SUM(argument LIKE 'ALTER TABLE `users`%') altered, SUM(argument LIKE 'CREATE TABLE `face_blobs`%') created FROM mysql.general_log WHERE command_type = 'Query'",
    );
    expect(log).toEqual({ altered: '1', created: '1' });
    await expectWhole(name);
  });

  it('wait for the node that migrates, and take over when its lease has ended', async () => {
    const name = await legacyDatabase();
    const reached = { lease: false };
    // Dies holding the lease.
    const dying = migrateMysql({
      connect: async () => {
        if (!reached.lease) {
          reached.lease = true;
          return connectTo(name);
        }
        const connection = await connectTo(name);
        const execute = connection.execute.bind(connection);
        connection.execute = async (sql, params) => {
          const done = await execute(sql, params);
          if (sql.startsWith('UPDATE')) throw new Error('killed');
          return done;
        };
        return connection;
      },
    });
    await expect(dying).rejects.toThrow('killed');
    await server.run("UPDATE face_migration_lease SET expires_at = '2100-01-01'", name);

    const opening = openFor(optionsFor(server, name));
    await sleep(500);
    expect(await server.run('SELECT * FROM face_migration_steps', name)).toEqual([]);

    await endLease(name);
    await opening;
    await expectWhole(name);
  });

  describe('of a newer version', () => {
    /** As after a newer version has migrated the database by one step. */
    async function migratedFurther(state: 1 | 2): Promise<string> {
      const name = await legacyDatabase();
      await (await openFor(optionsFor(server, name))).close();
      const [steps] = await server.run('SELECT COUNT(*) n FROM face_migration_steps', name);
      await server.run(
        `CREATE TABLE face_future (id int); ALTER TABLE face_templates ADD COLUMN future int;
         INSERT INTO face_migration_steps VALUES (${Number(steps?.['n'])}, 'of the future', ${state})`,
        name,
      );
      return name;
    }

    it('that only add leave an older program at work, which may be started again', async () => {
      const name = await migratedFurther(1);
      const before = await schemaOf(name);
      const database = await openFor(optionsFor(server, name));
      await enrol(database, { id: 'zoe' });
      expect(await database.users.templatesOf('zoe', 'model-a')).toHaveLength(1);
      expect(await database.users.remove('zoe', testOrigin)).not.toBeNull();
      expect(await schemaOf(name)).toEqual(before);
    });

    it('that close the database to older versions are respected, and the database is left as it is', async () => {
      const name = await migratedFurther(2);
      const before = await schemaOf(name);
      await expect(openFor(optionsFor(server, name))).rejects.toThrow(/newer version of this program/);
      expect(await schemaOf(name)).toEqual(before);
    });

    it('with other statements than this program has are refused', async () => {
      const name = await legacyDatabase();
      await (await openFor(optionsFor(server, name))).close();
      await server.run("UPDATE face_migration_steps SET statement_hash = 'changed' WHERE position = 3", name);
      await expect(openFor(optionsFor(server, name))).rejects.toThrow(/newer version of this program/);
    });
  });

  it('that the server refuses are named, and work once the reason is gone', async () => {
    const name = await legacyDatabase();
    await server.run('CREATE TABLE face_images (other int)', name);

    await expect(openFor(optionsFor(server, name))).rejects.toThrow(
      /was refused: .*ER_TABLE_EXISTS_ERROR[^]*CREATE TABLE `face_images`/,
    );
    await expect(openFor(optionsFor(server, name))).rejects.toThrow('ER_TABLE_EXISTS_ERROR');

    await server.run('DROP TABLE face_images', name);
    await expectWhole(name);
  });
});

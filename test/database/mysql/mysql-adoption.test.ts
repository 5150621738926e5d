import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mariadbMissing, MariadbServer } from '../../support/databases/mariadb-server.js';
import { openFor, optionsFor } from '../../support/databases/mysql-database.js';
import { announced, enrol } from '../repository-suite.js';
import { testOrigin } from '../../support/api/test-origin.js';

const DOCUMENTED_TABLE = `CREATE TABLE users (
    id VARCHAR(255) PRIMARY KEY,
    timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP
);`;

describe.skipIf(mariadbMissing !== null)(
  `a database that has the documented table ${mariadbMissing ?? ''}`,
  () => {
    let server: MariadbServer;
    beforeAll(async () => {
      server = await MariadbServer.start();
    });
    afterAll(() => server.discard());

    const legacy = async (databaseOptions: string, statements: string): Promise<string> => {
      const name = await server.createDatabase(databaseOptions);
      await server.run(`${DOCUMENTED_TABLE} ${statements}`, name);
      return name;
    };
    const open = (name: string) => openFor(optionsFor(server, name));
    const rowsOf = (name: string) =>
      server.run(
        'SELECT HEX(CONVERT(id USING utf8mb4)) id, UNIX_TIMESTAMP(timestamp) timestamp FROM users ORDER BY 1',
        name,
      );

    it('warns of the end of TIMESTAMP until the documented statement has been run, which keeps every time', async () => {
      const name = await legacy('', "INSERT INTO users VALUES ('Bob', '2023-07-23 12:34:56');");
      const database = await open(name);
      const before = await rowsOf(name);
      const [version] = await server.run('SELECT VERSION() v');
      const [major = 0, minor = 0] = String(version?.['v']).split('.').map(Number);
      const endsIn2038 = major < 11 || (major === 11 && minor < 5);
      expect(await database.consistency.advice()).toEqual(
        endsIn2038 ? [expect.stringContaining('2038-01-19')] : [],
      );
      await server.run(
        "SET time_zone = '+00:00'; ALTER TABLE users MODIFY timestamp DATETIME NULL DEFAULT CURRENT_TIMESTAMP",
        name,
      );
      expect(await database.consistency.advice()).toEqual([]);
      expect((await database.users.find('Bob'))?.timestamp.getTime()).toBe(
        Number(before[0]?.['timestamp']) * 1000,
      );
      // A registration after the end of TIMESTAMP.
      const late = await announced(database, { id: 'late' });
      await database.users.enrol(
        { ...late, user: { id: 'late', timestamp: new Date('2040-01-01T00:00:00Z') } },
        testOrigin,
      );
      expect((await database.users.find('late'))?.timestamp).toEqual(new Date('2040-01-01T00:00:00Z'));
    });

    it.each([
      ['CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci', ''],
      ['CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci', ''],
      ['CHARACTER SET utf8mb3 COLLATE utf8mb3_unicode_ci', 'ALTER TABLE users ENGINE=MyISAM;'],
      ['CHARACTER SET utf8mb4 COLLATE utf8mb4_bin', ''],
      ['CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci', 'ALTER TABLE users ROW_FORMAT=COMPACT;'],
      ['CHARACTER SET latin1 COLLATE latin1_swedish_ci', ''],
      ['CHARACTER SET latin1 COLLATE latin1_swedish_ci', 'ALTER TABLE users ENGINE=Aria;'],
    ])('keeps every row and time: %s %s', async (options, change) => {
      const name = await legacy(
        options,
        `${change}
       SET time_zone = '+05:30', sql_mode = '';
       INSERT INTO users VALUES ('Bob', '2023-07-23 12:34:56'), ('Jos\u00e9', '2001-02-03 04:05:06'), ('ann ', '2030-12-31 23:59:59'),
         ('nobody knows when', NULL), ('zero date', '0000-00-00 00:00:00'), (REPEAT('x', 255), '2024-02-29 00:00:00');
       INSERT INTO users (id) VALUES ('just now');`,
      );
      const before = await rowsOf(name);
      expect(before).toHaveLength(7);

      const database = await open(name);

      expect(await rowsOf(name)).toEqual(before);
      expect(await database.users.list({ first: 10 })).toHaveLength(7);
      expect(await database.users.find('Bob')).toEqual({
        id: 'Bob',
        timestamp: new Date('2023-07-23T07:04:56Z'),
      });
      expect(await database.users.find('Jos\u00e9')).not.toBeNull();
      expect((await database.users.find('nobody knows when'))?.timestamp).toEqual(new Date(0));
      expect((await database.users.find('zero date'))?.timestamp).toEqual(new Date(0));
      for (const other of ['bob', 'Jose', 'ann', 'Bob ']) {
        expect(await database.users.find(other)).toBeNull();
        await enrol(database, { id: other });
      }
      expect(await database.users.list({ first: 20 })).toHaveLength(11);
    });

    it('lists and removes a person without a face, and can give them one', async () => {
      const name = await legacy('', "INSERT INTO users (id) VALUES ('ada'), ('bob');");
      const database = await open(name);

      expect((await database.users.list({ first: 10 })).map(({ id }) => id)).toEqual(['ada', 'bob']);
      expect(await database.users.templatesOf('ada', 'model-a')).toEqual([]);
      await expect(
        database.users.enrol(await announced(database, { id: 'ada' }), testOrigin),
      ).rejects.toMatchObject({
        code: 'USER_EXISTS',
      });
      expect(await database.users.remove('ada', testOrigin)).toEqual({ imageKeys: [] });
      expect(await database.users.find('ada')).toBeNull();

      const before = await database.users.find('bob');
      const face = await announced(database, { id: 'bob' });
      await expect(database.users.enrolExisting(face.key, face, testOrigin)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      });
      await database.protection.protect({ key: face.key.stored, images: [], templates: [] });
      await database.users.enrolExisting(face.key, face, testOrigin);
      expect(await database.users.templatesOf('bob', 'model-a')).toHaveLength(1);
      expect(await database.users.find('bob')).toEqual(before);
    });

    it('still lets other programs insert as documented, seen with the time of the server', async () => {
      const name = await legacy('', '');
      const database = await open(name);
      await server.run("SET time_zone = '-08:00'; INSERT INTO users (id) VALUES ('late')", name);

      const age = Date.now() - ((await database.users.find('late'))?.timestamp.getTime() ?? 0);
      expect(Math.abs(age)).toBeLessThan(600_000);
    });

    it('takes the documented script before the first start', async () => {
      const name = `documented_${process.pid}`;
      await server.run(`CREATE DATABASE IF NOT EXISTS ${name}; USE ${name}; ${DOCUMENTED_TABLE}`);
      const database = await open(name);
      await enrol(database, { id: 'ada' });
      expect(await rowsOf(name)).toHaveLength(1);
    });

    it('is created by the first start; the documented script then says that the table is there and changes nothing', async () => {
      const name = `created_${process.pid}`;
      const database = await open(name);
      await enrol(database, { id: 'ada' });
      const before = await server.run('SHOW CREATE TABLE users', name);

      await expect(
        server.run(`CREATE DATABASE IF NOT EXISTS ${name}; USE ${name}; ${DOCUMENTED_TABLE}`),
      ).rejects.toMatchObject({ code: 'ER_TABLE_EXISTS_ERROR' });

      expect(await server.run('SHOW CREATE TABLE users', name)).toEqual(before);
      await enrol(database, { id: 'bob' });
      expect((await (await open(name)).users.list({ first: 10 })).map(({ id }) => id)).toEqual([
        'ada',
        'bob',
      ]);
    });

    it.each([
      ['CREATE TABLE users (id INT PRIMARY KEY, timestamp TIMESTAMP)', 'its id is int'],
      ['CREATE TABLE users (id VARCHAR(255), timestamp TIMESTAMP)', 'its primary key is not id alone'],
      ['CREATE TABLE users (id VARCHAR(255) PRIMARY KEY)', 'it has no column timestamp'],
      [
        'CREATE TABLE users (id VARCHAR(255) PRIMARY KEY, timestamp TIMESTAMP, name TEXT NOT NULL)',
        'a row needs a value for name',
      ],
      ['CREATE VIEW users AS SELECT 1 AS id', 'its primary key is not id alone'],
    ])('refuses another table of that name and leaves it alone: %s', async (statement, reason) => {
      const name = await server.createDatabase();
      await server.run(statement, name);
      const before = await server.run('SHOW CREATE TABLE users', name);

      await expect(open(name)).rejects.toThrow(reason);

      expect(await server.run('SHOW CREATE TABLE users', name)).toEqual(before);
    });

    it('takes over a table with columns that a row can do without', async () => {
      const name = await server.createDatabase();
      await server.run(
        "CREATE TABLE users (n INT AUTO_INCREMENT UNIQUE, id VARCHAR(255) PRIMARY KEY, timestamp DATETIME(6) DEFAULT NOW(), shelf TEXT NULL); INSERT INTO users (id, timestamp, shelf) VALUES ('ada', '2023-07-23 12:34:56.999', 'A1')",
        name,
      );
      const database = await open(name);
      expect((await database.users.find('ada'))?.timestamp).toEqual(new Date('2023-07-23T12:34:56Z'));
      await enrol(database, { id: 'bob' });
      expect(await server.run('SELECT id, shelf FROM users ORDER BY id', name)).toEqual([
        { id: 'ada', shelf: 'A1' },
        { id: 'bob', shelf: null },
      ]);
    });

    it('says so when ids are no longer compared exactly', async () => {
      const name = await server.createDatabase();
      await (await open(name)).close();
      await server.run(
        'ALTER TABLE face_images DROP FOREIGN KEY face_images_user_fk; ALTER TABLE face_templates DROP FOREIGN KEY face_templates_user_fk; ALTER TABLE face_user_keys DROP FOREIGN KEY face_user_keys_user_fk; ALTER TABLE users MODIFY id varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL',
        name,
      );
      await expect(open(name)).rejects.toThrow('takes different ids for equal');
    });
  },
);

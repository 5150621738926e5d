import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { MysqlSession } from '../../../src/database/mysql/mysql-session.js';
import { openMysqlDatabase } from '../../../src/database/mysql/open-mysql-database.js';
import { CuttingProxy, type Cut } from '../../support/databases/cutting-proxy.js';
import { freePort, mariadbMissing, MariadbServer } from '../../support/databases/mariadb-server.js';
import { openFor, optionsFor } from '../../support/databases/mysql-database.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { testVault } from '../../support/databases/test-vault.js';
import { announced, enrol } from '../repository-suite.js';
import { testOrigin } from '../../support/api/test-origin.js';
import { unfinishedBlobs } from '../../support/databases/unfinished-blobs.js';

const silent = pino({ level: 'silent' });

describe.skipIf(mariadbMissing !== null)(`MySQL connections ${mariadbMissing ?? ''}`, () => {
  let server: MariadbServer;
  let name: string;
  beforeAll(async () => {
    server = await MariadbServer.start();
    name = await server.createDatabase();
  });
  afterAll(() => server.discard());

  const proxied = async () => {
    const proxy = await CuttingProxy.start(server.port);
    onTestFinished(() => proxy.stop());
    return proxy;
  };
  const through = (proxy: CuttingProxy, database: string) => ({
    ...optionsFor(server, database),
    hosts: [{ host: '127.0.0.1', port: proxy.port }],
  });

  describe.each<[Cut, string]>([
    ['before', 'before the server had it'],
    ['after', 'after the server did it'],
  ])('cut off %s a COMMIT', (cut) => {
    it('enrols once and says so', async () => {
      const proxy = await proxied();
      const own = await server.createDatabase();
      const database = await openFor(through(proxy, own));
      const enrolment = await announced(database, { id: 'ada' });

      proxy.cutAt('COMMIT', cut);
      await database.users.enrol(enrolment, testOrigin);

      expect(proxy.cuts).toBe(1);
      expect(await database.users.templatesOf('ada', 'model-a')).toHaveLength(1);
      expect(await database.gallery.revision()).toBe(1);

      proxy.cutAt('COMMIT', cut);
      expect(await database.users.remove('ada', testOrigin)).toEqual({ imageKeys: [enrolment.image.key] });
      expect(await database.users.find('ada')).toBeNull();
      expect(await database.gallery.revision()).toBe(2);

      proxy.cutAt('COMMIT', cut);
      const next = await announced(database, { id: 'ada' });
      expect(await unfinishedBlobs(database.blobs)).toHaveLength(2);
      proxy.cutAt('COMMIT', cut);
      await expect(database.users.enrol(next, testOrigin)).resolves.toBeUndefined();
      expect(proxy.cuts).toBe(4);
    });
  });

  it('give a lease to one node at a time, and to the next when it is given back or has ended', async () => {
    const own = await server.createDatabase();
    const [first, second] = [await openFor(optionsFor(server, own)), await openFor(optionsFor(server, own))];
    expect(await first.lease?.hold(60)).toBe(true);
    expect(await second.lease?.hold(60)).toBe(false);
    expect(await first.lease?.hold(60)).toBe(true);
    await second.lease?.release();
    expect(await second.lease?.hold(60)).toBe(false);
    await first.lease?.release();
    expect(await second.lease?.hold(0)).toBe(true);
    await expect.poll(() => first.lease?.hold(60)).toBe(true);
  });

  it('are replaced when they break between two reads', async () => {
    const proxy = await proxied();
    const database = await openFor(through(proxy, name));
    await Promise.all(Array.from({ length: 5 }, () => database.users.find('ada')));
    proxy.cutAt('select', 'before');
    expect(await database.users.find('ada')).toBeNull();
    proxy.cutAt('select', 'after');
    expect(await database.gallery.revision()).toBe(0);
    expect(proxy.cuts).toBe(2);
  });

  it('go to the next host of the list, and back to the first when it works again', async () => {
    const [first, second] = [await proxied(), await proxied()];
    const database = await openFor({
      ...optionsFor(server, name),
      hosts: [first, second].map(({ port }) => ({ host: '127.0.0.1', port })),
    });
    const reads = async () => {
      const before = [first.packets, second.packets];
      await database.users.find('ada');
      return [first.packets, second.packets].map((packets, place) => packets > (before[place] ?? 0));
    };
    expect(await reads()).toEqual([true, false]);

    first.refuse();
    expect((await reads())[1]).toBe(true);
    expect(await reads()).toEqual([false, true]);

    first.accept();
    await expect.poll(reads, { timeout: 10_000, interval: 100 }).toEqual([true, false]);
  });

  it('start with whichever host answers', async () => {
    const database = await openFor({
      ...optionsFor(server, name),
      hosts: [
        { host: '127.0.0.1', port: await freePort() },
        { host: '127.0.0.1', port: server.port },
      ],
    });
    expect(await database.users.find('ada')).toBeNull();
  });

  describe('to a host that has become read-only', () => {
    /** Two servers with the same tables, and a user whom read_only stops. */
    async function primaryAndNext() {
      const next = await MariadbServer.start();
      onTestFinished(() => next.discard());
      const own = await server.createDatabase();
      await next.run(`CREATE DATABASE ${own}`);
      const user = `plain_${own}`;
      for (const host of [server, next])
        await host.run(`CREATE USER ${user} IDENTIFIED BY 'plain'; GRANT ALL ON ${own}.* TO ${user}`);
      onTestFinished(async () => {
        await server.run(`SET GLOBAL read_only = 0; DROP USER ${user}`);
      });
      const hosts = [server, next].map(({ port }) => ({ host: '127.0.0.1', port }));
      const options = { ...optionsFor(server, own), user, password: 'plain', hosts };
      await openFor({ ...options, hosts: hosts.slice(1) });
      const people = (host: MariadbServer) => host.run('SELECT id FROM users ORDER BY id', own);
      return { options, next, people };
    }

    it('leave it for the next host, and go back when it takes writes again', async () => {
      const { options, next, people } = await primaryAndNext();
      const database = await openFor(options);
      await enrol(database, { id: 'ann' });
      await server.run('SET GLOBAL read_only = 1');
      await enrol(database, { id: 'bob', seed: 2 });
      await database.ping();
      expect(await people(next)).toEqual([{ id: 'bob' }]);

      await server.run('SET GLOBAL read_only = 0');
      await expect
        .poll(async () => (await database.users.list({ first: 5 })).map(({ id }) => id), { timeout: 10_000 })
        .toEqual(['ann']);
    });

    it('are noticed by health checks alone', async () => {
      const { options, next } = await primaryAndNext();
      const database = await openFor({ ...options, hosts: options.hosts.slice(0, 1) });
      await database.ping();
      await server.run('SET GLOBAL read_only = 1');
      await expect(database.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await server.run('SET GLOBAL read_only = 0');
      await expect.poll(() => database.ping().then(() => 'back', String), { timeout: 10_000 }).toBe('back');
      await next.run('SELECT 1');
    });

    it('start at the next host, and say what is wrong when there is none', async () => {
      const { options, next, people } = await primaryAndNext();
      await server.run('SET GLOBAL read_only = 1');
      await enrol(await openFor(options), { id: 'cem', seed: 3 });
      expect(await people(next)).toEqual([{ id: 'cem' }]);
      const alone = { ...options, hosts: options.hosts.slice(0, 1), vault: testVault, startTimeoutMs: 0 };
      await expect(openMysqlDatabase(alone, silent)).rejects.toThrow(/READ_ONLY.*primary/);
    });
  });

  it.each([
    ['a certification failure of group replication', 3101],
    ['a deadlock', 1213],
  ])('do a transaction again after %s', async (_, code) => {
    const own = await server.createDatabase();
    const database = await openFor({ ...optionsFor(server, own), poolSize: 2 });
    // Fails once for each connection.
    await server.run(
      `CREATE TRIGGER refusal BEFORE INSERT ON users FOR EACH ROW
       IF @refused IS NULL THEN SET @refused = 1; SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = ${code}; END IF`,
      own,
    );
    await enrol(database, { id: 'ann' });
    expect(await database.users.find('ann')).not.toBeNull();
  });

  it('leave no statement running on the server that they gave up', async () => {
    const session = new MysqlSession({ ...optionsFor(server, name), timeoutMs: 300, ssl: undefined }, silent);
    onTestFinished(() => session.close());
    const slow = session.read((database) =>
      database.execute(sql`select count(*), 'given up' from seq_1_to_1000000000`),
    );
    await expect(slow).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(
      await server.run(
        "SELECT id FROM information_schema.processlist WHERE id <> connection_id() AND info LIKE '%given up%'",
      ),
    ).toEqual([]);
  });

  it('that say nothing any more are given up in time', async () => {
    const proxy = await proxied();
    const database = await openFor({ ...through(proxy, name), timeoutMs: 300, connectTimeoutMs: 300 });
    await database.ping();
    proxy.frozen = true;
    await expect(database.users.find('ada')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(database.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    proxy.frozen = false;
    await expect.poll(() => database.ping().then(() => 'back', String), { timeout: 10_000 }).toBe('back');
  });

  it('are not waited for without end', async () => {
    const options = { ...optionsFor(server, name), poolSize: 2, timeoutMs: 400, ssl: undefined };
    const session = new MysqlSession(options, silent);
    onTestFinished(() => session.close());
    const busy = [1, 2].map(() => session.read((database) => database.execute(sql`select sleep(0.8)`)));
    const waiting = session.read((database) => database.execute(sql`select 1`));
    for (const outcome of await Promise.allSettled([...busy, waiting]))
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE' } });
  });

  it('do a transaction again that lost a deadlock', async () => {
    await server.run(
      'CREATE TABLE duel (id int primary key, n int); INSERT INTO duel VALUES (1, 0), (2, 0)',
      name,
    );
    const session = new MysqlSession({ ...optionsFor(server, name), ssl: undefined }, silent);
    onTestFinished(() => session.close());
    let attempts = 0;
    const add = (first: number, second: number) =>
      session.write(async (database) => {
        attempts += 1;
        await database.execute(sql`update duel set n = n + 1 where id = ${first}`);
        await sleep(50);
        await database.execute(sql`update duel set n = n + 1 where id = ${second}`);
      });
    await Promise.all([add(1, 2), add(2, 1), add(1, 2), add(2, 1)]);
    expect(attempts).toBeGreaterThan(4);
    expect(await server.run('SELECT n FROM duel', name)).toEqual([{ n: 4 }, { n: 4 }]);
  });

  it('say what is wrong with a refused login, without the password', async () => {
    const wrong = { ...optionsFor(server, name), password: 'secret-but-wrong' };
    const failure: unknown = await openMysqlDatabase({ ...wrong, vault: testVault }, silent).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ message: expect.stringContaining('ER_ACCESS_DENIED_ERROR') as string });
    expect(failure).toMatchObject({ message: expect.stringContaining('DATABASE_URL') as string });
    expect(String(failure) + JSON.stringify(failure)).not.toContain('secret');
  });

  it('need few rights, and fewer once the tables are there', async () => {
    const own = await server.createDatabase();
    await server.run(
      `CREATE USER modest IDENTIFIED BY 'modest';
       GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, REFERENCES ON ${own}.* TO modest`,
    );
    const options = { ...optionsFor(server, own), user: 'modest', password: 'modest' };
    await openFor(options);

    await server.run(`REVOKE CREATE, ALTER, INDEX, REFERENCES ON ${own}.* FROM modest`);
    const database = await openFor(options);
    await enrol(database, { id: 'ada' });
    expect(await database.users.remove('ada', testOrigin)).not.toBeNull();
  });

  it('give up when no server comes', async () => {
    const nowhere = { ...optionsFor(server, name), hosts: [{ host: '127.0.0.1', port: await freePort() }] };
    await expect(
      openMysqlDatabase({ ...nowhere, vault: testVault, startTimeoutMs: 0 }, silent),
    ).rejects.toThrow(/ECONNREFUSED.*DATABASE_URL/);
  });

  it('are encrypted and checked as told', async () => {
    const folder = temporaryFolder();
    const file = (each: string) => join(folder, each);
    const openssl = (command: string) => {
      execFileSync('openssl', command.split(' '), { cwd: folder, stdio: 'ignore' });
    };
    for (const name of ['ca', 'other'])
      openssl(
        `req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=${name} -keyout ${name}.key -out ${name}.pem`,
      );
    openssl('req -newkey rsa:2048 -nodes -subj /CN=test -keyout server.key -out server.csr');
    const certify = (name: string) => {
      writeFileSync(file('names'), `subjectAltName=DNS:${name}`);
      openssl('x509 -req -in server.csr -CA ca.pem -CAkey ca.key -days 2 -extfile names -out server.pem');
    };
    certify('localhost');
    chmodSync(folder, 0o755);
    chmodSync(file('server.key'), 0o644);
    const secure = await MariadbServer.start({
      settings: [
        `--ssl-ca=${file('ca.pem')}`,
        `--ssl-cert=${file('server.pem')}`,
        `--ssl-key=${file('server.key')}`,
      ],
    });
    onTestFinished(() => secure.discard());
    const database = await secure.createDatabase();
    const encrypted = (host: string, caFile: string | undefined, verify = true) => ({
      ...optionsFor(secure, database),
      hosts: [{ host, port: secure.port }],
      startTimeoutMs: 0,
      tls: { verify, caFile, certFile: undefined, keyFile: undefined },
    });

    await enrol(await openFor(encrypted('localhost', file('ca.pem'))), { id: 'ada' });
    await openFor(encrypted('127.0.0.1', undefined, false));
    await expect(openFor(encrypted('localhost', file('other.pem')))).rejects.toThrow(/certificate|CERT|SIGN/);
    await expect(openFor(encrypted('127.0.0.1', file('ca.pem')))).rejects.toThrow('needs names');
    await expect(openFor(encrypted('localhost', file('missing.pem')))).rejects.toThrow('DATABASE_TLS_CA');
    certify('database.example');
    await secure.run('FLUSH SSL');
    await expect(openFor(encrypted('localhost', file('ca.pem')))).rejects.toThrow(/altnames/);
    await secure.run("ALTER USER 'service'@'%' REQUIRE SSL");
    await expect(openFor(optionsFor(secure, database))).rejects.toThrow('ER_ACCESS_DENIED_ERROR');
  });
});

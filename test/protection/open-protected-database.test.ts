import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Config, ProtectionSettings } from '../../src/config/config.js';
import { createMasterKey, type MasterKey } from '../../src/protection/master-key.js';
import { readMasterKeyFile, writeMasterKeyFile } from '../../src/protection/master-key-file.js';
import { openProtectedDatabase } from '../../src/database/open-protected-database.js';
import type { Database } from '../../src/database/database.js';
import { announced } from '../database/repository-suite.js';
import { plainKeys } from '../support/databases/plain-keys.js';
import { mariadbMissing, MariadbServer } from '../support/databases/mariadb-server.js';
import { optionsFor } from '../support/databases/mysql-database.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { testOrigin } from '../support/api/test-origin.js';

type Settings = Partial<Pick<Config, 'mysql'> & ProtectionSettings>;

interface Opened {
  readonly database: Database;
  readonly logs: string[];
}

async function open(dataDir: string, { mysql, ...protection }: Settings = {}): Promise<Opened> {
  const logs: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => logs.push(line) });
  const config = {
    mysql,
    dataDir,
    protection: { masterKeys: undefined, masterKeyFile: undefined, ...protection },
  };
  const { database, vault } = await openProtectedDatabase(config, logger);
  onTestFinished(() => database.close());
  await database.users.enrol(
    {
      ...(await announced(database, { id: `user of ${vault.current.id}` })),
      key: vault.createKey(`user of ${vault.current.id}`),
    },
    testOrigin,
  );
  return { database, logs };
}

async function openAndClose(dataDir: string, settings: Settings = {}): Promise<void> {
  await (await open(dataDir, settings)).database.close();
}

const keyOf = async (file: string): Promise<MasterKey> => {
  const keys = await readMasterKeyFile(file);
  if (keys === null) throw new Error('There is no key.');
  return plainKeys(keys)[0];
};

describe('the first start', () => {
  it('makes a master key for its owner alone and says what to do with it', async () => {
    const folder = temporaryFolder();
    const { logs, database } = await open(folder);
    const file = join(folder, 'master.key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(logs.join()).toContain('keep a copy elsewhere');
    expect(logs.join()).not.toContain(Buffer.from((await keyOf(file)).secret).toString('base64'));
    expect(await database.protection.masterKeys()).toMatchObject([{ users: 1 }]);
  });

  it('takes a configured key and makes none', async () => {
    const folder = temporaryFolder();
    const masterKey = createMasterKey();
    const { logs, database } = await open(folder, { masterKeys: [masterKey] });
    expect(existsSync(join(folder, 'master.key'))).toBe(false);
    expect(logs).toEqual([]);
    expect(await database.protection.masterKeys()).toMatchObject([{ id: masterKey.id }]);
  });

  it('does not make a file that was named', async () => {
    const folder = temporaryFolder();
    const masterKeyFile = join(folder, 'elsewhere.key');
    await expect(open(folder, { masterKeyFile })).rejects.toThrow(/MASTER_KEY_FILE: there is no file/);
    expect(existsSync(masterKeyFile)).toBe(false);
  });
});

describe('a later start', () => {
  it('goes on with the file, wherever it was moved to', async () => {
    const folder = temporaryFolder();
    await openAndClose(folder);
    const elsewhere = join(temporaryFolder(), 'key');
    await writeMasterKeyFile(elsewhere, [await keyOf(join(folder, 'master.key'))]);
    rmSync(join(folder, 'master.key'));
    const raw = await openProtectedDatabase(
      { mysql: undefined, dataDir: folder, protection: { masterKeys: undefined, masterKeyFile: elsewhere } },
      pino({ level: 'silent' }),
    );
    onTestFinished(() => raw.database.close());
    expect(await raw.database.users.list({ first: 2 })).toHaveLength(1);
  });

  it('without the key is refused, and makes no other one', async () => {
    const folder = temporaryFolder();
    await openAndClose(folder);
    const file = join(folder, 'master.key');
    const { id } = await keyOf(file);
    rmSync(file);
    await expect(open(folder)).rejects.toThrow(
      `protected with the master key ${id}, which is not configured`,
    );
    expect(existsSync(file)).toBe(false);
    await expect(open(folder, { masterKeys: [createMasterKey()] })).rejects.toThrow(/is not configured/);
  });

  it('with another key of the same id is refused', async () => {
    const folder = temporaryFolder();
    await openAndClose(folder);
    const { id } = await keyOf(join(folder, 'master.key'));
    const masterKeys = [{ ...createMasterKey(), id }] as const;
    await expect(open(folder, { masterKeys })).rejects.toThrow(
      `The master key ${id} of MASTER_KEYS is not the one`,
    );
  });

  it('with a damaged file is refused, and leaves it as it is', async () => {
    const folder = temporaryFolder();
    await openAndClose(folder);
    const file = join(folder, 'master.key');
    const damaged = readFileSync(file, 'utf8').slice(0, -10);
    writeFileSync(file, damaged);
    await expect(open(folder)).rejects.toThrow(/master\.key cannot be used: entry 1/);
    expect(readFileSync(file, 'utf8')).toBe(damaged);
  });

  it('needs an old key only as long as it wraps a key of anybody', async () => {
    const folder = temporaryFolder();
    const [old, current] = [createMasterKey(), createMasterKey()];
    await openAndClose(folder, { masterKeys: [old] });
    const second = await open(folder, { masterKeys: [current, old] });
    await second.database.users.remove(`user of ${current.id}`, testOrigin);
    await second.database.close();
    await expect(open(folder, { masterKeys: [current] })).rejects.toThrow(`master key ${old.id}`);

    const third = await open(folder, { masterKeys: [current, old] });
    await third.database.users.remove(`user of ${old.id}`, testOrigin);
    await third.database.close();
    const alone = await openProtectedDatabase(
      { mysql: undefined, dataDir: folder, protection: { masterKeys: [current], masterKeyFile: undefined } },
      pino({ level: 'silent' }),
    );
    await alone.database.close();
  });
});

describe.skipIf(mariadbMissing !== null)(`several nodes of one server ${mariadbMissing ?? ''}`, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start();
  });
  afterAll(() => server.discard());

  it('that start together make one master key; the others are told to use it', async () => {
    const mysql = optionsFor(server, await server.createDatabase());
    const folders = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    const outcomes = await Promise.allSettled(folders.map((folder) => open(folder, { mysql })));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(String(outcome.reason)).toMatch(/master key/);
    expect(folders.filter((folder) => existsSync(join(folder, 'master.key')))).toHaveLength(1);
  });
});

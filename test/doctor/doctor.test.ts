import { DEFAULT_EMBEDDER } from '../../src/models/catalogue.js';
import { DatabaseSync } from '@photostructure/sqlite';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createImageKey } from '../../src/storage/image-key.js';
import { LocalImageStore } from '../../src/storage/local-image-store.js';
import { enrol } from '../database/repository-suite.js';
import { openSqlite } from '../support/databases/open-sqlite.js';
import { readDataFolder } from '../support/databases/read-data-folder.js';
import { runCommand } from '../support/service/run-command.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const picture = Uint8Array.of(1, 2, 3);

/** A data folder with two enrolled users, whose keys it gives. */
async function soundFolder(): Promise<{ folder: string; keys: readonly [string, string] }> {
  const folder = join(temporaryFolder(), 'data');
  const database = await openSqlite(folder);
  const images = await LocalImageStore.open(join(folder, 'images'));
  const [ada, bob] = [
    await enrol(database, { id: 'ada', seed: 1 }),
    await enrol(database, { id: 'bob', seed: 2 }),
  ];
  await images.put(ada.image.key, ada.key.sealImage(ada.image.key, picture));
  await images.put(bob.image.key, bob.key.sealImage(bob.image.key, picture));
  await database.close();
  return { folder, keys: [ada.image.key, bob.image.key] };
}

function change(folder: string, sql: string): void {
  const database = new DatabaseSync(join(folder, 'facial-verification.sqlite'), {
    enableForeignKeyConstraints: false,
  });
  database.exec(sql);
  database.close();
}

/** Writes into the database file that the page of an index has no entries. */
function emptyIndex(folder: string, name: string): void {
  const file = join(folder, 'facial-verification.sqlite');
  const database = new DatabaseSync(file);
  const { rootpage } = database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(name) as {
    rootpage: number;
  };
  const { page_size: pageSize } = database.prepare('PRAGMA page_size').get() as { page_size: number };
  database.close();
  const bytes = readFileSync(file);
  // https://sqlite.org/fileformat.html#b_tree_pages: the number of cells.
  bytes.writeUInt16BE(0, (rootpage - 1) * pageSize + 3);
  writeFileSync(file, bytes);
}

function writeImage(folder: string, name: string): string {
  const file = join(folder, 'images', name);
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(file, picture, { mode: 0o600 });
  return file;
}

function doctor(folder: string, ...options: string[]) {
  return runCommand({ source: 'src/cli/doctor.ts', arguments: options, environment: { DATA_DIR: folder } });
}

/** Found, then repaired, then clean. */
async function expectRepaired(folder: string, problem: string): Promise<void> {
  const before = await doctor(folder);
  expect(before.output).toContain(problem);
  expect(before.output).toContain('--fix would');
  expect(before.output).toContain('1 problems found, 0 repaired.');
  expect(before.code).toBe(1);
  const repaired = await doctor(folder, '--fix');
  expect(repaired.output).toContain(problem);
  expect(repaired.output).toContain('1 problems found, 1 repaired.');
  expect(repaired.code).toBe(0);
  expect(await doctor(folder)).toEqual({
    code: 0,
    output: expect.stringContaining('0 problems found') as string,
  });
}

it('finds nothing in a sound folder, and says how many pictures the current model has not seen', async () => {
  const { folder } = await soundFolder();
  const { code, output } = await doctor(folder);
  expect(output).toBe(
    `2 pictures have no template of ${DEFAULT_EMBEDDER} yet; npm run reembed makes them.\n0 problems found, 0 repaired.\n`,
  );
  expect(code).toBe(0);
});

it('deletes a file that no row knows', async () => {
  const { folder, keys } = await soundFolder();
  const key = createImageKey('image/png');
  const file = writeImage(folder, key);
  await expectRepaired(folder, `${key} is a file that no row knows`);
  expect(existsSync(file)).toBe(false);
  expect(keys.every((kept) => existsSync(join(folder, 'images', kept)))).toBe(true);
  expect(readDataFolder(folder).problems).toEqual([]);
});

it('leaves a missing picture to a person, and the user as they are', async () => {
  const { folder, keys } = await soundFolder();
  const file = join(folder, 'images', keys[0]);
  const kept = readFileSync(file);
  rmSync(file);
  const { code, output } = await doctor(folder, '--fix');
  expect(output).toContain(
    `${keys[0]} is a user's picture, but the file is missing\n  you have to restore the file`,
  );
  expect(output).toContain('1 problems found, 0 repaired.');
  expect(code).toBe(1);

  writeFileSync(file, kept, { mode: 0o600 });
  expect((await doctor(folder)).code).toBe(0);
  expect(readDataFolder(folder).problems).toEqual([]);
});

it('leaves a foreign file to a person', async () => {
  const { folder } = await soundFolder();
  const file = writeImage(folder, 'ab/copy \u001b[2J of ada.jpg');
  const { code, output } = await doctor(folder, '--fix');
  expect(output).toContain('ab/copy \ufffd[2J of ada.jpg is no file of this program\n  you have to move it');
  expect(code).toBe(1);
  expect(existsSync(file)).toBe(true);
});

it.each([
  ['pending', 'is left of an interrupted registration'],
  ['deleting', 'is left of an interrupted deletion'],
  ['live', 'belongs to no user'],
])('deletes file and row of a blob in state %s that no user has', async (state, problem) => {
  const { folder } = await soundFolder();
  const key = createImageKey('image/webp');
  const file = writeImage(folder, key);
  change(folder, `INSERT INTO blobs (key, state, announced_at) VALUES ('${key}', '${state}', unixepoch())`);
  await expectRepaired(folder, `${key} ${problem}`);
  expect(existsSync(file)).toBe(false);
  expect(readDataFolder(folder).problems).toEqual([]);
});

it.each(['pending', 'deleting'])(
  'marks the picture of a user as live that is marked as %s',
  async (state) => {
    const { folder, keys } = await soundFolder();
    change(folder, `UPDATE blobs SET state = '${state}' WHERE key = '${keys[1]}'`);
    await expectRepaired(folder, `${keys[1]} is a user's picture, but marked as ${state}`);
    expect(readDataFolder(folder).problems).toEqual([]);
    expect(readDataFolder(folder).people.size).toBe(2);
  },
);

it('deletes templates and pictures whose user does not exist', async () => {
  const { folder, keys } = await soundFolder();
  change(folder, "DELETE FROM users WHERE id = 'bob'");
  await expect(openSqlite(folder)).rejects.toThrow(/3 rows that refer to missing ones.*npm run doctor/);
  const { code, output } = await doctor(folder, '--fix');
  expect(output).toMatch(/Template [0-9a-f-]{36} belongs to a user who does not exist\n {2}repaired/);
  expect(output).toContain(`${keys[1]} belongs to a user who does not exist\n  repaired`);
  expect(output).toContain('A key belongs to a user who does not exist\n  repaired');
  expect(code).toBe(0);
  expect(existsSync(join(folder, 'images', keys[1]))).toBe(false);
  expect(readDataFolder(folder).problems).toEqual([]);
  expect([...readDataFolder(folder).people.keys()]).toEqual(['ada']);
});

it('deletes unfinished files', async () => {
  const { folder } = await soundFolder();
  const file = writeImage(folder, 'incoming/left-over');
  await expectRepaired(folder, `${file} is an unfinished file`);
  mkdirSync(join(folder, 'tmp'), { mode: 0o700 });
  writeFileSync(join(folder, 'tmp', 'upload'), picture, { mode: 0o600 });
  await expectRepaired(folder, `${join(folder, 'tmp', 'upload')} is an unfinished file`);
});

it('closes what is open to other users of the machine', async () => {
  const { folder, keys } = await soundFolder();
  const file = join(folder, 'images', keys[0]);
  chmodSync(file, 0o644);
  await expectRepaired(folder, `${file} is open to other users of the machine (mode 644)`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  chmodSync(folder, 0o755);
  await expectRepaired(folder, `${folder} is open to other users of the machine (mode 755)`);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

it('does not follow links out of the folder', async () => {
  const { folder } = await soundFolder();
  const outside = temporaryFolder();
  writeFileSync(join(outside, 'theirs'), 'x', { mode: 0o644 });
  symlinkSync(outside, join(folder, 'link'));
  expect((await doctor(folder, '--fix')).code).toBe(0);
  expect(statSync(join(outside, 'theirs')).mode & 0o777).toBe(0o644);
});

it('tells damage of the database file', async () => {
  const { folder } = await soundFolder();
  emptyIndex(folder, 'images_user');
  const { code, output } = await doctor(folder, '--fix');
  expect(output).toMatch(
    /The database file is damaged: .*\n {2}you have to stop the service and restore a backup/,
  );
  expect(code).toBe(1);
});

it('needs the data folder for itself, an existing one, and options that it knows', async () => {
  const { folder } = await soundFolder();
  const database = await openSqlite(folder);
  const busy = await doctor(folder);
  await database.close();
  expect(busy.output).toContain('Another process already uses the data folder');
  expect(busy.code).toBe(2);

  const missing = join(folder, 'missing');
  expect((await doctor(missing)).output).toContain(`There is no data folder ${missing}`);
  expect(existsSync(missing)).toBe(false);
  expect(await doctor(folder, '--repair')).toEqual({
    code: 2,
    output: expect.stringContaining('Usage') as string,
  });
});

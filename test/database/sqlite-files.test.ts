import { DatabaseSync } from '@photostructure/sqlite';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compiledFile } from '../../src/project-root.js';
import type { Database } from '../../src/database/database.js';
import type { Enrolment } from '../../src/users/user-repository.js';
import { openSqlite } from '../support/databases/open-sqlite.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { announced, enrol } from './repository-suite.js';
import { testOrigin } from '../support/api/test-origin.js';

const DATABASE_FILE = 'facial-verification.sqlite';

async function open(folder: string): Promise<Database> {
  const database = await openSqlite(folder);
  onTestFinished(() => database.close());
  return database;
}

/** A person's sealed template, and the key that opens it, as the database file holds them. */
function storedBytes(folder: string, { user, template }: Enrolment): Buffer[] {
  const database = new DatabaseSync(join(folder, DATABASE_FILE), { readOnly: true });
  try {
    const bytes = (sql: string, id: string) =>
      Object.values((database.prepare(sql).get(id) ?? {}) as Record<string, Uint8Array>);
    return [
      ...bytes('SELECT vector FROM templates WHERE id = ?', template.templateId),
      ...bytes('SELECT wrapped FROM user_keys WHERE user_id = ?', user.id),
    ].map((value) => Buffer.from(value));
  } finally {
    database.close();
  }
}

/** Names of the files below a folder that hold any of the byte strings. */
function filesHolding(folder: string, needles: readonly Buffer[]): string[] {
  return readdirSync(folder).filter((name) => {
    const bytes = readFileSync(join(folder, name));
    return needles.some((needle) => bytes.includes(needle));
  });
}

describe('embedded database files', () => {
  it('are for their owner alone', async () => {
    const folder = join(temporaryFolder(), 'new', 'data');
    const database = await open(folder);
    await enrol(database, { id: 'ada' });

    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const modes = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777]);
    expect(modes).toEqual(
      ['', '-shm', '-wal']
        .map((end) => [`${DATABASE_FILE}${end}`, 0o600])
        .concat(['lock.sqlite', 'master.key'].map((name) => [name, 0o600])),
    );
  });

  it('keep everything over a restart', async () => {
    const folder = temporaryFolder();
    const first = await openSqlite(folder);
    const { user, template } = await enrol(first, { id: 'ada' });
    await first.close();

    const second = await open(folder);
    expect(await second.users.find('ada')).toEqual(user);
    expect(await second.users.templatesOf('ada', template.modelId)).toHaveLength(1);
    expect(await second.gallery.revision()).toBe(1);
  });

  it('hold no template of a deleted person once the deletion is answered, and no id after a rewrite', async () => {
    const folder = temporaryFolder();
    const database = await open(folder);
    const people: Enrolment[] = [];
    for (let seed = 0; seed < 120; seed += 1)
      people.push(await enrol(database, { id: `person-number-${seed}-x`, seed }));
    const leaving = people.filter((_, place) => place % 3 !== 0);
    const templates = leaving.flatMap((person) => storedBytes(folder, person));
    const ids = leaving.map(({ user }) => Buffer.from(user.id));
    expect(filesHolding(folder, templates)).not.toEqual([]);
    expect(filesHolding(folder, ids)).not.toEqual([]);

    await Promise.all(leaving.map(({ user }) => database.users.remove(user.id, testOrigin)));
    expect(filesHolding(folder, templates)).toEqual([]);

    await database.removeRemnants?.(new Date(Date.now() + 60_000));
    expect(filesHolding(folder, ids)).toEqual([]);
    const staying = people
      .filter((person) => !leaving.includes(person))
      .flatMap((person) => storedBytes(folder, person));
    expect(filesHolding(folder, staying)).toEqual([DATABASE_FILE]);
  });

  it('hold nothing of a person deleted during a snapshot once the snapshot has ended', async () => {
    const folder = temporaryFolder();
    const database = await open(folder);
    const ada = await enrol(database, { id: 'ada', seed: 5 });
    const stored = storedBytes(folder, ada);

    let duringSnapshot: string[] = [];
    await database.gallery.snapshot(ada.template.modelId, async () => {
      await database.users.remove('ada', testOrigin);
      duringSnapshot = filesHolding(folder, stored);
    });

    expect(duringSnapshot).toEqual([`${DATABASE_FILE}-wal`]);
    expect(filesHolding(folder, stored)).toEqual([]);
  });

  it('are rewritten once there are deletions old enough, and keep everything else', async () => {
    const folder = temporaryFolder();
    const database = await open(folder);
    const soon = new Date(Date.now() + 60_000);
    for (let seed = 0; seed < 20; seed += 1) await enrol(database, { id: `user-${seed}`, seed });
    expect(await database.removeRemnants?.(soon)).toBe(false);

    for (let seed = 0; seed < 20; seed += 2) await database.users.remove(`user-${seed}`, testOrigin);
    const grown = statSync(join(folder, DATABASE_FILE)).size;
    expect(await database.removeRemnants?.(new Date(Date.now() - 60_000))).toBe(false);
    expect(await database.removeRemnants?.(soon, grown - 1)).toBe(false);
    expect(await database.removeRemnants?.(soon)).toBe(true);
    expect(await database.removeRemnants?.(soon)).toBe(false);

    expect(statSync(join(folder, DATABASE_FILE)).size).toBeLessThan(grown);
    expect(statSync(join(folder, `${DATABASE_FILE}-wal`)).size).toBeLessThan(10_000);
    expect(await database.users.list({ first: 20 })).toHaveLength(10);
    expect(await database.gallery.revision()).toBe(30);
    await database.users.remove('user-1', testOrigin);
    expect(await database.removeRemnants?.(soon)).toBe(true);
  });

  it('are refused to a second process, and free again after kill -9', async () => {
    const folder = temporaryFolder();
    const database = await openSqlite(folder);
    await expect(openSqlite(folder)).rejects.toThrow(/Another process already uses the data folder/);
    expect(openInChild(folder)).toContain('Another process already uses the data folder');
    expect(await database.users.find('ada')).toBeNull();
    await database.close();

    expect(openInChild(folder)).toBe('opened');
    await expect(open(folder)).resolves.toBeDefined();
  });

  it('written by a newer program are refused and left as they are', async () => {
    const folder = temporaryFolder();
    const database = await openSqlite(folder);
    await enrol(database, { id: 'ada' });
    await database.close();
    const raw = new DatabaseSync(join(folder, DATABASE_FILE));
    raw.exec("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('from the future', 9999999999999)");
    raw.close();

    await expect(openSqlite(folder)).rejects.toThrow(/newer version of this program/);

    const undone = new DatabaseSync(join(folder, DATABASE_FILE));
    undone.exec("DELETE FROM __drizzle_migrations WHERE hash = 'from the future'");
    undone.close();
    expect(await (await open(folder)).users.find('ada')).not.toBeNull();
  });

  it('that are no database are refused', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, DATABASE_FILE), 'x'.repeat(5000));
    await expect(openSqlite(folder)).rejects.toThrow(/not a database/);
  });

  it('accept no row without its parents', async () => {
    const database = await open(temporaryFolder());
    const enrolment = await announced(database, { id: 'ada' });
    const { key } = enrolment.image;
    await database.blobs.abandon(key);
    await database.blobs.forget(key);
    await expect(database.users.enrol(enrolment, testOrigin)).rejects.toThrow();
    expect(await database.users.find('ada')).toBeNull();
  });
});

/** Opens the folder in another process, which is then killed; gives what it said. */
function openInChild(folder: string): string {
  const script = join(temporaryFolder(), 'open.mjs');
  writeFileSync(
    script,
    `const { openSqlite } = await import(process.argv[2]);
     const said = await openSqlite(process.argv[3]).then(() => 'opened', (error) => error.message);
     process.stdout.write(said, () => process.kill(process.pid, 'SIGKILL'));`,
  );
  const opener = compiledFile('test/support/databases/open-sqlite.ts');
  try {
    execFileSync(process.execPath, [script, opener, folder], { encoding: 'utf8' });
  } catch (killed) {
    if (killed instanceof Error && 'stdout' in killed) return String(killed.stdout);
    throw killed;
  }
  throw new Error('The other process was not killed.');
}

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { formatMasterKey } from '../../src/protection/master-key.js';
import { readMasterKeyFile } from '../../src/protection/master-key-file.js';
import { openTextService } from '../support/service/open-text-service.js';
import { readDataFolder } from '../support/databases/read-data-folder.js';
import { runCommand } from '../support/service/run-command.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { textPicture } from '../support/service/text-face-service.js';
import { testRequest } from '../support/api/test-origin.js';

const noGallery = () => ({ size: 0, bestOther: () => Promise.resolve(null) });

async function folderWithPeople(count: number): Promise<string> {
  const folder = temporaryFolder();
  const { service, housekeeping, database } = await openTextService({ folder, gallery: noGallery });
  for (let person = 0; person < count; person += 1)
    await service.register(`user-${person}`, textPicture(person), testRequest);
  await housekeeping.stop();
  await database.close();
  return folder;
}

const masterKey = (folder: string, ...args: string[]) =>
  runCommand({ source: 'src/cli/master-key.ts', arguments: args, environment: { DATA_DIR: folder } });

it('rotation makes a new key, wraps everybody with it, and the old one can be destroyed', async () => {
  const folder = await folderWithPeople(5);
  const before = readDataFolder(folder);
  const file = join(folder, 'master.key');
  const { code, output } = await masterKey(folder, 'rotate');
  expect(code).toBe(0);
  expect(output).toMatch(/5 of 5 keys wrapped with \d{8}-[0-9a-f]{8}, 0 failed/);

  const keys = (await readMasterKeyFile(file)) ?? [];
  expect(keys.map(({ id }) => id)).toEqual([expect.stringMatching(/^\d{8}-/), 'test']);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  for (const key of keys) expect(output).not.toContain(formatMasterKey(key).split(':')[1]);

  writeFileSync(
    file,
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => !line.startsWith('test:'))
      .join('\n'),
  );
  expect(readDataFolder(folder)).toEqual(before);
  const status = await masterKey(folder, 'status');
  expect(status.output).toContain('wraps the keys of 5 users, current');
  expect(status.output).toContain('test: wraps the keys of 0 users\n');
  expect(status.output).toContain('0 users are not protected yet');
  expect(status.code).toBe(0);
});

it('a rotation that was killed after its key was made is finished by the next one', async () => {
  const folder = await folderWithPeople(3);
  let killed = false;
  const first = await runCommand({
    source: 'src/cli/master-key.ts',
    arguments: ['rotate'],
    environment: { DATA_DIR: folder },
    onOutput: (output, child) => {
      if (!killed && output.includes('Added a new master key')) killed = child.kill('SIGKILL');
    },
  });
  expect(first.code).toBeNull();
  expect(readDataFolder(folder).problems).toEqual([]);
  expect((await masterKey(folder, 'rotate')).output).toMatch(/3 of 3 keys wrapped/);
  expect(readDataFolder(folder).problems).toEqual([]);
  expect(readDataFolder(folder).people.size).toBe(3);
});

it('a rotation needs the data folder for itself', async () => {
  const folder = await folderWithPeople(1);
  const { database, housekeeping } = await openTextService({ folder, gallery: noGallery });
  onTestFinished(async () => {
    await housekeeping.stop();
    await database.close();
  });
  const before = readFileSync(join(folder, 'master.key'), 'utf8');
  const { code, output } = await masterKey(folder, 'rotate');
  expect(output).toContain('Another process already uses the data folder');
  expect(code).toBe(2);
  expect(readFileSync(join(folder, 'master.key'), 'utf8')).toBe(before);
});

it('prints a key that can be configured, says how it is used, and that there is no data', async () => {
  const created = await masterKey(temporaryFolder(), 'create');
  expect(created.output).toMatch(/^\d{8}-[0-9a-f]{8}:[A-Za-z0-9+/]{43}=\n$/);
  expect(await masterKey(temporaryFolder(), 'turn')).toMatchObject({ code: 2 });
  const missing = join(temporaryFolder(), 'nothing');
  expect((await masterKey(missing, 'status')).output).toContain(`There is no data folder ${missing}`);
});

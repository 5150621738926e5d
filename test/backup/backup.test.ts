import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { mariadbMissing, MariadbServer, SERVICE_PASSWORD } from '../support/databases/mariadb-server.js';
import { filesHolding } from '../support/databases/files-holding.js';
import { sampleFace, type SampleFace } from '../support/pictures/sample-faces.js';
import { runCommand } from '../support/service/run-command.js';
import { ServiceClient } from '../support/service/service-client.js';
import { ServiceProcess } from '../support/service/service-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const DATABASE = 'facial-verification.sqlite';
const people: readonly SampleFace[] = ['sample1-left', 'sample2-middle', 'sample3-left'];

async function start(dataDir: string, environment: Record<string, string> = {}) {
  const service = await ServiceProcess.start({ dataDir, environment });
  onTestFinished(() => service.end('SIGKILL').then(() => undefined));
  return { service, client: new ServiceClient(service.address) };
}

const command = (name: 'backup' | 'restore' | 'doctor', dataDir: string, ...given: string[]) =>
  runCommand({ source: `src/cli/${name}.ts`, arguments: given, environment: { DATA_DIR: dataDir } });

it('a backup made while people are registered and deleted restores every one of its people', async () => {
  const dataDir = temporaryFolder();
  const { service, client } = await start(dataDir);
  for (const name of people) await client.registerOverRest(name, await sampleFace(name));

  const folder = join(temporaryFolder(), 'backup');
  const during = { busy: true };
  const others = (async () => {
    for (let round = 0; during.busy; round++) {
      await client.registerOverRest(`passing-${round}`, await sampleFace('sample4-left'));
      await client.deleteOverGraphql(`passing-${round}`);
    }
  })();
  const backup = await command('backup', dataDir, folder);
  during.busy = false;
  await others;
  expect(backup).toMatchObject({ code: 0 });
  expect(backup.output).toMatch(/^[34] users and [34] pictures copied/);
  // What happens later is not in it.
  await client.deleteOverGraphql(people[0] ?? '');
  await service.end('SIGTERM');

  const restored = temporaryFolder();
  copyFileSync(join(dataDir, 'master.key'), join(restored, 'master.key'));
  const restoration = await command('restore', restored, folder);
  expect(restoration).toMatchObject({ code: 0 });
  expect(restoration.output).toMatch(/People deleted after .* are back/);
  // Only people who left while the files were copied have no picture.
  const left = Number(/(\d+) pictures were deleted/.exec(backup.output)?.[1] ?? 0);
  const { output } = await command('doctor', restored);
  expect(output.match(/the file is missing/g) ?? []).toHaveLength(left);
  expect(output).toContain(`${left} problems found`);
  const again = await start(restored);
  for (const name of people)
    expect(await again.client.verifyOverRest(name, await sampleFace(name))).toMatchObject({
      recognition: name,
      verified: true,
    });
}, 60_000);

it('a backup holds nothing in the clear and no key, and is private', async () => {
  const dataDir = temporaryFolder();
  const { service, client } = await start(dataDir);
  const picture = await sampleFace('sample1-left');
  await client.registerOverRest('ada', picture);
  const folder = join(temporaryFolder(), 'backup');
  expect((await command('backup', dataDir, folder)).code).toBe(0);
  await service.end('SIGTERM');
  const [, key = ''] = readFileSync(join(dataDir, 'master.key'), 'utf8').trim().split(':');
  expect(
    filesHolding(folder, [picture.subarray(200, 260), Buffer.from(key), Buffer.from(key, 'base64')]),
  ).toEqual([]);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const name of [DATABASE, 'manifest.json'])
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});

it('pictures of people deleted after the backup are named by the doctor, where they are kept elsewhere', async () => {
  const dataDir = temporaryFolder();
  const { service, client } = await start(dataDir);
  for (const name of people) await client.registerOverRest(name, await sampleFace(name));
  const folder = join(temporaryFolder(), 'backup');
  expect((await command('backup', dataDir, folder)).code).toBe(0);
  await client.deleteOverGraphql(people[0] ?? '');
  await service.end('SIGTERM');

  // The database alone is lost, and restored beside the pictures of today.
  for (const name of readdirSync(dataDir)) if (name.startsWith(DATABASE)) rmSync(join(dataDir, name));
  copyFileSync(join(folder, DATABASE), join(dataDir, DATABASE));
  const { code, output } = await command('doctor', dataDir);
  expect(code).toBe(1);
  expect(output.match(/is a user's picture, but the file is missing/g)).toHaveLength(1);
}, 60_000);

it('refuses what it cannot do, says why, and leaves everything as it was', async () => {
  const empty = temporaryFolder();
  expect(await command('backup', empty, join(empty, 'new'))).toMatchObject({
    code: 2,
    output: expect.stringMatching(/master key file|There is no database/) as string,
  });

  const dataDir = temporaryFolder();
  const { service, client } = await start(dataDir);
  await client.registerOverRest('ada', await sampleFace('sample1-left'));
  const folder = join(temporaryFolder(), 'backup');
  mkdirSync(folder);
  expect((await command('backup', dataDir, folder)).code).toBe(2);
  rmSync(folder, { recursive: true });
  expect((await command('backup', dataDir, folder)).code).toBe(0);
  expect(await command('restore', dataDir, folder)).toMatchObject({
    code: 2,
    output: expect.stringMatching(/already uses the data folder/) as string,
  });
  await service.end('SIGTERM');
  expect(await command('restore', dataDir, folder)).toMatchObject({
    code: 2,
    output: expect.stringMatching(/is there already/) as string,
  });

  const target = temporaryFolder();
  copyFileSync(join(dataDir, 'master.key'), join(target, 'master.key'));
  rmSync(join(folder, 'manifest.json'));
  expect(await command('restore', target, folder)).toMatchObject({
    code: 2,
    output: expect.stringMatching(/no finished backup/) as string,
  });
  writeFileSync(join(folder, 'manifest.json'), '{"version":2}');
  expect((await command('restore', target, folder)).output).toMatch(/not one that this version can read/);
  expect(existsSync(join(target, DATABASE))).toBe(false);
}, 60_000);

it.skipIf(mariadbMissing !== null)(
  'MySQL: a dump, the pictures and the keys, brought back as documented, verify everybody',
  async () => {
    const server = await MariadbServer.start();
    onTestFinished(() => server.discard());
    const [name, restored] = [await server.createDatabase(), await server.createDatabase()];
    const dataDir = temporaryFolder();
    const { service, client } = await start(dataDir, { DATABASE_URL: server.url(name) });
    for (const person of people) await client.registerOverRest(person, await sampleFace(person));
    const login = ['-h', '127.0.0.1', '-P', String(server.port), '-u', 'service', `-p${SERVICE_PASSWORD}`];
    const dump = execFileSync('mariadb-dump', [...login, '--single-transaction', name], {
      maxBuffer: 100_000_000,
    });
    await client.deleteOverGraphql(people[0] ?? '');
    await service.end('SIGTERM');

    execFileSync('mariadb', [...login, restored], { input: dump });
    const environment = { DATABASE_URL: server.url(restored) };
    const doctor = await runCommand({
      source: 'src/cli/doctor.ts',
      environment: { DATA_DIR: dataDir, ...environment },
    });
    // The pictures are those of today: a deletion after the dump shows.
    expect(doctor.output.match(/is a user's picture, but the file is missing/g)).toHaveLength(1);
    const again = await start(dataDir, environment);
    for (const person of people)
      expect(await again.client.verifyOverRest(person, await sampleFace(person))).toMatchObject({
        verified: true,
      });
  },
  60_000,
);

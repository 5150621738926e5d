import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { filesHolding } from '../support/databases/files-holding.js';
import { runCommand } from '../support/service/run-command.js';
import { sampleFace } from '../support/pictures/sample-faces.js';
import { restForm, ServiceClient } from '../support/service/service-client.js';
import { ServiceProcess } from '../support/service/service-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const ID = 'ada-whose-name-is-looked-for';

async function start(environment: Record<string, string> = {}): Promise<ServiceProcess> {
  const service = await ServiceProcess.start({ dataDir: join(temporaryFolder(), 'data'), environment });
  onTestFinished(() => service.discard());
  return service;
}

const command = ({ dataDir }: ServiceProcess, source: string, ...args: string[]) =>
  runCommand({ source, arguments: args, environment: { DATA_DIR: dataDir } });

it(
  'a person gets everything held about them; the log tells what was done and is sound; deletion leaves nothing',
  { timeout: 120_000 },
  async () => {
    const service = await start();
    const client = new ServiceClient(service.address);
    const picture = await sampleFace('sample3-left');
    const other = await sampleFace('sample6-right');
    await client.registerOverRest(ID, picture);
    await client.registerOverRest('bob', other);
    await client.verifyOverGraphql(ID, await sampleFace('sample3-left', 'brighter'));
    const headers = { 'X-Request-Id': 'a-request-of-mine' };
    await fetch(`${service.address}/verify/`, { method: 'POST', headers, body: restForm(ID, other) });

    const folder = join(temporaryFolder(), 'export');
    expect(await command(service, 'src/cli/export.ts', ID, folder)).toMatchObject({ code: 0 });
    const person = JSON.parse(readFileSync(join(folder, 'person.json'), 'utf8')) as {
      pictures: { file: string }[];
      templates: { model: string; values: number[] }[];
      log: { operation: string; outcome: string; requestId: string | null }[];
    };
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(person).toMatchObject({ id: ID, pictures: [{ mediaType: 'image/jpeg' }] });
    expect(readFileSync(join(folder, person.pictures[0]?.file ?? '')).equals(picture)).toBe(true);
    expect(readdirSync(folder)).toHaveLength(2);
    expect(Math.hypot(...(person.templates[0]?.values ?? []))).toBeCloseTo(1, 5);
    expect(person.log.map(({ operation, outcome }) => `${operation} ${outcome}`)).toEqual([
      'register done',
      'verify accepted',
      'verify refused',
      'export done',
    ]);
    expect(person.log[2]?.requestId).toBe('a-request-of-mine');

    expect((await command(service, 'src/cli/audit.ts', 'list', ID)).output.trim().split('\n')).toHaveLength(
      4,
    );
    expect((await command(service, 'src/cli/audit.ts', 'verify')).output).toMatch(
      /^5 entries, 0 problems\. Head: 5 [0-9a-f]{64}\n$/,
    );

    await fetch(`${service.address}/register/`, {
      method: 'DELETE',
      headers: { 'Content-Type': 'application/json', 'X-Request-Id': 'a-deletion-of-mine' },
      body: JSON.stringify({ id: ID }),
    });
    expect(await command(service, 'src/cli/export.ts', ID, join(folder, 'again'))).toMatchObject({ code: 1 });
    const list = await command(service, 'src/cli/audit.ts', 'list');
    expect(list.output).not.toContain(ID);
    expect(list.output).toContain('delete\tdone\t(deleted)');
    expect(list.output).toMatch(/anyone\t.*a-deletion-of-mine|a-deletion-of-mine.*anyone/);
    expect(await service.end('SIGTERM')).toBe(0);
    const left = filesHolding(service.dataDir, [Buffer.from(ID)]);
    expect(left).toEqual([]);
    expect(await client.users().catch(() => 'down')).toBe('down');
  },
);

it('keeps no picture where none is to be kept, and verifies all the same', { timeout: 60_000 }, async () => {
  const service = await start({ IMAGE_RETENTION: 'none' });
  const client = new ServiceClient(service.address);
  await client.registerOverRest(ID, await sampleFace('sample3-left'));
  const { verified } = await client.verifyOverGraphql(ID, await sampleFace('sample3-left', 'brighter'));
  expect(verified).toBe(true);
  const images = join(service.dataDir, 'images');
  const files = readdirSync(images, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  expect(files).toEqual([]);
  expect(await client.deleteOverGraphql(ID)).toEqual([]);
});

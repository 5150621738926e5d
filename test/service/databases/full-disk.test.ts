import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readDataFolder } from '../../support/databases/read-data-folder.js';
import { runCommand } from '../../support/service/run-command.js';
import { sampleFace } from '../../support/pictures/sample-faces.js';
import { restForm, ServiceClient } from '../../support/service/service-client.js';
import { ServiceProcess } from '../../support/service/service-process.js';
import { SmallDisk, smallDiskMissing } from '../../support/databases/small-disk.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const missing = smallDiskMissing();
if (missing !== null) process.stderr.write(`SKIPPED: tests on a full disk, ${missing}.\n`);

function mount(): SmallDisk {
  const disk = SmallDisk.mount(8);
  onTestFinished(() => {
    disk.unmount();
  });
  return disk;
}

async function start(disk: SmallDisk): Promise<ServiceProcess> {
  const service = await ServiceProcess.start({ dataDir: disk.folder });
  onTestFinished(async () => {
    await service.end('SIGKILL');
  });
  return service;
}

async function send(service: ServiceProcess, path: string, id: string, image: Buffer) {
  const answer = await fetch(`${service.address}${path}`, { method: 'POST', body: restForm(id, image) });
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body: await answer.json() };
}

const unavailable = {
  status: 503,
  retryAfter: '1',
  body: { error: 'The service is temporarily unavailable; try again shortly' },
};

describe.skipIf(missing !== null)('a disk', () => {
  it('that becomes full: changes and decisions are answered 503, lists go on, and all works again afterwards', async () => {
    const disk = mount();
    const service = await start(disk);
    const client = new ServiceClient(service.address);
    const [ada, bob] = [await sampleFace('sample3-left'), await sampleFace('sample1-left')];
    await client.registerOverRest('ada', ada);

    disk.fill();
    for (let attempt = 0; attempt < 3; attempt += 1)
      expect(await send(service, '/register/', 'bob', bob)).toEqual(unavailable);
    // No decision without its entry in the audit log.
    expect(await send(service, '/verify/', 'ada', ada)).toEqual({
      ...unavailable,
      body: { ...unavailable.body, verified: false },
    });
    expect(await client.users()).toEqual(['ada']);
    expect((await fetch(`${service.address}/healthz`)).status).toBe(200);
    expect((await fetch(`${service.address}/readyz`)).status).toBe(503);

    disk.free();
    expect((await fetch(`${service.address}/readyz`)).status).toBe(200);
    await client.registerOverRest('bob', bob);
    expect(await client.verifyOverRest('bob', bob)).toMatchObject({ verified: true });
    expect(await service.end('SIGTERM')).toBe(0);
    const { people, problems } = readDataFolder(disk.folder);
    expect([...people.keys()].sort()).toEqual(['ada', 'bob']);
    expect(problems).toEqual([]);
  }, 180_000);

  it('of the pictures that becomes read-only: registrations are answered 503, verifications go on, and nothing is half-written', async () => {
    const dataDir = temporaryFolder();
    const folder = join(dataDir, 'images');
    mkdirSync(folder);
    const disk = SmallDisk.mount(8, folder);
    onTestFinished(() => {
      disk.unmount();
    });
    const service = await ServiceProcess.start({ dataDir });
    onTestFinished(async () => {
      await service.end('SIGKILL');
    });
    const client = new ServiceClient(service.address);
    const [ada, bob] = [await sampleFace('sample3-left'), await sampleFace('sample1-left')];
    await client.registerOverRest('ada', ada);

    disk.makeReadOnly();
    expect(await send(service, '/register/', 'bob', bob)).toEqual(unavailable);
    expect(await client.verifyOverRest('ada', ada)).toMatchObject({ verified: true });
    expect((await fetch(`${service.address}/readyz`)).status).toBe(503);

    disk.makeWritable();
    expect((await fetch(`${service.address}/readyz`)).status).toBe(200);
    await client.registerOverRest('bob', bob);
    expect(await service.end('SIGTERM')).toBe(0);
    const { people, problems } = readDataFolder(dataDir);
    expect([...people.keys()].sort()).toEqual(['ada', 'bob']);
    expect(problems).toEqual([]);
  }, 180_000);

  const conditions: readonly [string, (disk: SmallDisk) => void, RegExp][] = [
    [
      'full',
      (disk) => {
        disk.fill();
      },
      /no space|disk is full/i,
    ],
    [
      'read-only',
      (disk) => {
        disk.makeReadOnly();
      },
      /read-?only/i,
    ],
  ];

  it.each(conditions)(
    'that is %s before the first start is named, with its folder',
    async (_condition, spoil, message) => {
      const disk = mount();
      spoil(disk);
      await expectRefusal(disk, message);
    },
    180_000,
  );

  it('that became read-only is named at the next start, with its folder', async () => {
    const disk = mount();
    await (await start(disk)).end('SIGKILL');
    disk.makeReadOnly();
    await expectRefusal(disk, /not a writable/);
  }, 180_000);

  it('that was full at the start is served from, and written to again once there is room', async () => {
    const disk = mount();
    await (await start(disk)).end('SIGKILL');
    disk.fill();
    const service = await start(disk);
    const client = new ServiceClient(service.address);
    expect(await client.users()).toEqual([]);
    disk.free();
    expect((await fetch(`${service.address}/readyz`)).status).toBe(200);
    await client.registerOverRest('ada', await sampleFace('sample3-left'));
    expect(await client.users()).toEqual(['ada']);
  }, 180_000);
});

async function expectRefusal(disk: SmallDisk, message: RegExp): Promise<void> {
  const { code, output } = await runCommand({
    source: 'src/main.ts',
    environment: { PORT: '0', DATA_DIR: disk.folder },
  });
  expect(code).toBe(1);
  expect(output).toMatch(message);
  expect(output).toContain(disk.folder);
  expect(output).not.toContain('Another process');
}

import { expect, onTestFinished, test } from 'vitest';
import { runCommand, type CommandOptions } from '../support/service/run-command.js';
import { sampleFace, type SampleFace, type SampleVariant } from '../support/pictures/sample-faces.js';
import { ServiceClient } from '../support/service/service-client.js';
import { ServiceProcess } from '../support/service/service-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { projectionEmbedder, writeOwnModel } from '../support/models/tiny-models.js';

const people: SampleFace[] = [
  'sample1-left',
  'sample2-middle',
  'sample3-right',
  'sample4-left',
  'sample6-left',
];

async function start(dataDir: string, environment: Record<string, string> = {}) {
  const service = await ServiceProcess.start({ dataDir, environment });
  onTestFinished(() => service.discard());
  return { service, client: new ServiceClient(service.address) };
}

async function everybodyIsEmbeddedAnew(service: ServiceProcess): Promise<void> {
  await expect
    .poll(() => service.output.some((line) => line.includes('embedded pictures with the chosen model')))
    .toBe(true);
}

async function eachIsToldFromTheNext(client: ServiceClient, variant: SampleVariant): Promise<void> {
  for (const [place, name] of people.entries()) {
    const other = people[(place + 1) % people.length] ?? name;
    const probe = await sampleFace(name, variant);
    expect(await client.verifyOverGraphql(name, probe)).toMatchObject({ verified: true });
    expect(await client.verifyOverGraphql(other, probe)).toMatchObject({
      recognition: name,
      verified: false,
    });
  }
}

test('people enrolled with one embedder are verified with another, at once and after all were embedded', async () => {
  const dataDir = temporaryFolder();
  const first = await start(dataDir);
  for (const name of people) await first.client.registerOverRest(name, await sampleFace(name));
  await first.service.end('SIGTERM');

  const description = await writeOwnModel(temporaryFolder(), projectionEmbedder(96), { dimension: 96 });
  const environment = { FACE_EMBEDDER: description, MATCH_THRESHOLD: '0.9' };
  const second = await start(dataDir, environment);
  const last = people.at(-1) ?? 'sample1-left';
  expect(await second.client.verifyOverGraphql(last, await sampleFace(last, 'webp'))).toMatchObject({
    recognition: last,
    verified: true,
  });
  await everybodyIsEmbeddedAnew(second.service);
  await eachIsToldFromTheNext(second.client, 'webp');
  await second.service.end('SIGTERM');

  const third = await start(dataDir);
  const back = await third.client.verifyOverGraphql(last, await sampleFace(last, 'turned'));
  expect(back).toMatchObject({ recognition: last, verified: true });
  expect(await third.client.deleteOverGraphql(last)).toHaveLength(1);
});

test('from dlib alone to the default embedder people are recognised as before, with measured thresholds', async () => {
  const dataDir = temporaryFolder();
  const first = await start(dataDir, { FACE_EMBEDDER: 'dlib-resnet-v1' });
  for (const name of people) await first.client.registerOverRest(name, await sampleFace(name));
  await first.service.end('SIGTERM');

  const second = await start(dataDir);
  await everybodyIsEmbeddedAnew(second.service);
  await eachIsToldFromTheNext(second.client, 'turned');
});

test('npm run reembed embeds everybody, goes on after a kill, and then has nothing to do', async () => {
  const dataDir = temporaryFolder();
  const { service, client } = await start(dataDir);
  for (const name of people) await client.registerOverRest(name, await sampleFace(name));
  await service.end('SIGTERM');
  const description = await writeOwnModel(temporaryFolder(), projectionEmbedder(96), { dimension: 96 });
  const reembed = (onOutput?: CommandOptions['onOutput']) =>
    runCommand({
      source: 'src/cli/reembed.ts',
      arguments: [],
      environment: { DATA_DIR: dataDir, FACE_EMBEDDER: description, FACE_WORKERS: '1' },
      ...(onOutput && { onOutput }),
    });

  const killed = await reembed((output, child) => {
    if (output.includes('of 5')) child.kill('SIGKILL');
  });
  expect(killed.code).toBeNull();
  const resumed = await reembed();
  expect(resumed.output).toMatch(/[1-4] of [1-4] pictures embedded with own@[0-9a-f]{12}, 0 failed, 0 left/);
  expect(resumed.code).toBe(0);
  const idle = await reembed();
  expect(idle.output).toContain('0 of 0 pictures embedded');
  expect(idle.code).toBe(0);
});

test('an embedder without thresholds does not start without MATCH_THRESHOLD', async () => {
  const description = await writeOwnModel(temporaryFolder(), projectionEmbedder(96), { dimension: 96 });
  await expect(
    ServiceProcess.start({ dataDir: temporaryFolder(), environment: { FACE_EMBEDDER: description } }),
  ).rejects.toThrow('MATCH_THRESHOLD');
});

import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readDataFolder } from '../support/databases/read-data-folder.js';
import { runCommand, type CommandOptions } from '../support/service/run-command.js';
import { sampleFace, samplePhoto, type SampleFace } from '../support/pictures/sample-faces.js';
import { ServiceProcess } from '../support/service/service-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const faces: SampleFace[] = ['sample1-left', 'sample2-middle', 'sample3-right', 'sample4-left'];

function runImport(folder: string, dataDir: string, onOutput?: CommandOptions['onOutput']) {
  return runCommand({
    source: 'src/cli/import.ts',
    arguments: [folder],
    environment: { DATA_DIR: dataDir },
    ...(onOutput && { onOutput }),
  });
}

it('enrols real faces that the service then verifies, and needs the data folder for itself', async () => {
  const [folder, dataDir] = [temporaryFolder(), temporaryFolder()];
  for (const name of faces) writeFileSync(join(folder, `${name}.jpg`), await sampleFace(name));
  copyFileSync(samplePhoto(1), join(folder, 'group.jpg'));

  const first = await runImport(folder, dataDir);
  expect(first.output).toContain('refused group.jpg: Several faces of similar size');
  expect(first.output).toContain(
    '5 people: 4 enrolled, 0 already enrolled, 1 without an accepted picture. 1 files refused.',
  );
  expect(first.code).toBe(1);

  const service = await ServiceProcess.start({ dataDir });
  onTestFinished(() => service.discard());
  const verify = async (id: SampleFace, shown: SampleFace) => {
    const form = new FormData();
    form.set('id', id);
    form.set('image', new Blob([new Uint8Array(await sampleFace(shown, 'smaller'))]), 'probe.jpg');
    const answer = await fetch(`${service.address}/verify/`, { method: 'POST', body: form });
    return ((await answer.json()) as { verified: boolean }).verified;
  };
  expect(await verify('sample1-left', 'sample1-left')).toBe(true);
  expect(await verify('sample1-left', 'sample2-middle')).toBe(false);

  const meanwhile = await runImport(folder, dataDir);
  expect(meanwhile.code).toBe(2);
  expect(meanwhile.output).toContain(`Another process already uses the data folder ${dataDir}. Stop it`);
}, 120_000);

it('ends cleanly at Ctrl-C and goes on from there the next time', async () => {
  const [folder, dataDir] = [temporaryFolder(), temporaryFolder()];
  for (const name of faces)
    for (let copy = 1; copy <= 10; copy += 1)
      writeFileSync(join(folder, `${name}-${copy}.jpg`), await sampleFace(name));

  const interrupted = await runImport(folder, dataDir, (output, child) => {
    if (output.includes(' of 40\n') && !output.includes('Finishing')) child.kill('SIGINT');
  });
  expect(interrupted.output).toMatch(/40 people: \d+ enrolled, 0 already enrolled.*left for the next run/);
  expect(interrupted.code).toBe(130);
  const { people, problems } = readDataFolder(dataDir);
  expect(problems).toEqual([]);
  expect(people.size).toBeGreaterThan(0);
  expect(people.size).toBeLessThan(40);

  const next = await runImport(folder, dataDir);
  expect(next.output).toContain(
    `40 people: ${40 - people.size} enrolled, ${people.size} already enrolled, 0 without`,
  );
  expect(next.code).toBe(0);
  expect(readDataFolder(dataDir).problems).toEqual([]);
}, 120_000);

it('ends at once at a second Ctrl-C, and leaves nothing half done after the next start', async () => {
  const [folder, dataDir] = [temporaryFolder(), temporaryFolder()];
  for (const name of faces)
    for (let copy = 1; copy <= 5; copy += 1)
      writeFileSync(join(folder, `${name}-${copy}.jpg`), await sampleFace(name));

  const killed = await runImport(folder, dataDir, (output, child) => {
    if (output.includes('2 of 20\n')) child.kill('SIGINT');
  });
  // The second one may come when everything under way has just been finished.
  expect([null, 130]).toContain(killed.code);

  expect((await runImport(folder, dataDir)).code).toBe(0);
  const { people, problems } = readDataFolder(dataDir);
  expect(problems).toEqual([]);
  expect(people.size).toBe(20);
}, 120_000);

it('says how it is used, and that there is no such folder', async () => {
  const environment = { DATA_DIR: temporaryFolder() };
  const source = 'src/cli/import.ts';
  const help = await runCommand({ source, environment });
  expect(help).toMatchObject({
    code: 2,
    output: expect.stringContaining('Usage: npm run import -- <folder>') as string,
  });
  const missing = await runCommand({ source, environment, arguments: ['/no/such/folder'] });
  expect(missing.code).toBe(2);
  expect(missing.output).toMatch(/The import could not be done: .*\/no\/such\/folder/);
});

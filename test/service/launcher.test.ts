import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { projectRoot } from '../../src/project-root.js';
import { allocatorSettings } from '../../src/threads/allocator-settings.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const READY = '"msg":"ready"';

/** What `npm start` runs. */
async function launch(environment: Record<string, string> = {}) {
  const launcher = spawn(process.execPath, ['scripts/launch.mjs', 'src/main.ts'], {
    cwd: projectRoot,
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      DATA_DIR: temporaryFolder(),
      FACE_WORKERS: '1',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void launcher.kill('SIGKILL'));
  const lines: string[] = [];
  const reader = createInterface({ input: launcher.stdout });
  const outputEnd = once(reader, 'close');
  await new Promise<void>((resolve, reject) => {
    launcher.once('exit', reject);
    reader.on('line', (line) => {
      lines.push(line);
      if (line.includes(READY)) resolve();
    });
  });
  const ready = JSON.parse(lines.find((line) => line.includes(READY)) ?? '') as { pid: number };
  return { launcher, lines, pid: ready.pid, outputEnd };
}

function environmentOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
}

const onLinux = test.runIf(process.platform === 'linux');

onLinux('the launched service has the allocator settings and ends in order with its launcher', async () => {
  const { launcher, lines, pid } = await launch();
  for (const [name, value] of Object.entries(allocatorSettings))
    expect(environmentOf(pid)).toContain(`${name}=${value}`);
  launcher.kill('SIGTERM');
  expect(await once(launcher, 'exit')).toEqual([0, null]);
  expect(lines.at(-1)).toContain('"msg":"stopped"');
});

onLinux('allocator settings of the operator are kept', async () => {
  const { pid } = await launch({ MALLOC_ARENA_MAX: '3' });
  expect(environmentOf(pid)).toContain('MALLOC_ARENA_MAX=3');
});

onLinux('a service whose launcher was killed drains and ends', async () => {
  const { launcher, lines, outputEnd } = await launch();
  launcher.kill('SIGKILL');
  await outputEnd;
  expect(lines.at(-1)).toContain('"msg":"stopped"');
});

test('the container image has the same settings', () => {
  const dockerfile = readFileSync(join(projectRoot, 'Dockerfile'), 'utf8');
  for (const [name, value] of Object.entries(allocatorSettings))
    expect(dockerfile).toContain(` ${name}=${value}`);
});

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { compiledFile } from '../../src/project-root.js';
import { sampleFace, type SampleFace, type SampleVariant } from '../support/pictures/sample-faces.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const people: readonly SampleFace[] = ['sample1-left', 'sample3-left', 'sample6-left', 'sample6-third'];
const variants: readonly SampleVariant[] = ['plain', 'brighter', 'turned'];

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [compiledFile('tools/evaluate/evaluate.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function run(...args: string[]): Promise<{ code: number | null; out: string; errors: string }> {
  const child = start(...args);
  if (child.stdout === null || child.stderr === null) throw new Error('The process has no output.');
  const [out, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, out, errors };
}

async function sampleSet(): Promise<{ folder: string; images: string; pairs: string }> {
  const folder = temporaryFolder();
  const images = join(folder, 'images');
  mkdirSync(images);
  const name = (person: number, picture: number) => `P${'ABCD'[person] ?? ''}_000${picture + 1}.jpg`;
  for (const [person, face] of people.entries()) {
    for (const [picture, variant] of variants.entries()) {
      writeFileSync(join(images, name(person, picture)), await sampleFace(face, variant));
    }
  }
  const lines = people.flatMap((_, person) => [
    `${name(person, 0)},${name(person, 1)},1`,
    `${name(person, 0)},${name((person + 1) % people.length, 2)},0`,
  ]);
  const pairs = join(folder, 'pairs.csv');
  writeFileSync(pairs, ['first,second,same', ...lines].join('\n'));
  return { folder, images, pairs };
}

const cacheLines = (folder: string): string[] =>
  readdirSync(folder).flatMap((file) =>
    readFileSync(join(folder, file), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}')),
  );

it('measures a folder of faces, lists failures, and writes figures and charts', async () => {
  const { folder, images, pairs } = await sampleSet();
  const blank = sharp({ create: { width: 300, height: 300, channels: 3, background: '#808080' } });
  writeFileSync(join(images, 'Nobody_0001.jpg'), await blank.jpeg().toBuffer());
  const [json, output] = [join(folder, 'figures.json'), join(folder, 'charts')];

  const { code, out, errors } = await run(
    ...['--images', images, '--pairs', pairs, '--json', json, '--output', output, '--workers', '2'],
  );
  expect(errors).toContain('13/13');
  expect(code).toBe(0);
  expect(out).toContain('13 pictures of 5 people');
  expect(out).toContain('Nobody_0001.jpg: NO_FACE');
  expect(out).toContain('All cross pairs: 12 genuine, 54 of different people');
  expect(JSON.parse(readFileSync(json, 'utf8'))).toEqual({
    images: 13,
    pairs: 8,
    failureToAcquire: 1 / 13,
    accuracy: 1,
    eer: 0,
    tar: { '1e-2': null, '1e-3': null, '1e-4': null, '1e-5': null },
    thresholds: { '1e-2': null, '1e-3': null, '1e-4': null, '1e-5': null },
  });
  for (const chart of ['det.svg', 'scores.svg']) {
    const { width, height, format } = await sharp(join(output, chart)).metadata();
    expect({ width, height, format }).toEqual({ width: 760, height: 520, format: 'svg' });
  }
});

it('goes on where a killed run was, and forgets a picture that was replaced', async () => {
  const { folder, images, pairs } = await sampleSet();
  const cache = join(folder, 'cache');
  const args = ['--images', images, '--pairs', pairs, '--cache', cache, '--workers', '1'];
  const killed = start(...args);
  const closed = once(killed, 'close');
  mkdirSync(cache);
  await expect.poll(() => cacheLines(cache).length, { timeout: 60_000, interval: 5 }).toBeGreaterThan(1);
  killed.kill('SIGKILL');
  await closed;
  const before = cacheLines(cache);
  expect(before.length).toBeLessThan(12);
  appendFileSync(join(cache, readdirSync(cache)[0] ?? ''), '{"key":"torn');

  const { code } = await run(...args);
  expect(code).toBe(0);
  const after = cacheLines(cache);
  expect(after).toHaveLength(12);
  expect(after.slice(0, before.length)).toEqual(before);

  writeFileSync(join(images, 'PA_0001.jpg'), await sampleFace('sample1-left', 'smaller'));
  await run(...args);
  expect(cacheLines(cache)).toHaveLength(13);
});

it.each([
  [[], '--images and --pairs are needed'],
  [['--images', '/nowhere', '--pairs', 'x'], 'is not a folder'],
  [['--imagess', 'x'], 'Usage: npm run evaluate'],
  [['--images', '.', '--pairs', 'x', '--workers', '0'], '--workers must be a whole number'],
])('says what is wrong with its arguments: %j', async (args, message) => {
  const { code, errors } = await run(...args);
  expect(code).toBe(2);
  expect(errors).toContain(message);
  expect(errors).not.toContain('    at ');
});

it('keeps no templates inside the project', async () => {
  const { images, pairs } = await sampleSet();
  const inside = compiledFile('templates');
  const { code, errors } = await run('--images', images, '--pairs', pairs, '--cache', inside);
  expect(code).toBe(2);
  expect(errors).toContain('outside the project');
});

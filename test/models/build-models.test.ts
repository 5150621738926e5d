import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildModels } from '../../models/build-models.js';
import { modelCatalogue, modelFile, type Model, type ModelName } from '../../src/models/catalogue.js';
import { ModelError } from '../../src/models/model-error.js';
import { sha256 } from '../../models/model-sources.js';
import { compiledFile, projectRoot } from '../../src/project-root.js';

const names = Object.keys(modelCatalogue) as ModelName[];
const models: Readonly<Record<ModelName, Model>> = modelCatalogue;
const files = names.map((name) => models[name].file).sort();

let scratch: string;
let folder: string;

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'models-'));
});

afterAll(() => rm(scratch, { recursive: true }));

beforeEach(async () => {
  folder = await mkdtemp(join(scratch, 'folder-'));
});

/** What the folder holds, each model being `whole` or not. */
async function contents(): Promise<Record<string, boolean>> {
  const whole = new Set<string>(names.map((name) => models[name].sha256));
  const found = (await readdir(folder)).map(
    async (name) => [name, whole.has(sha256(await readFile(join(folder, name))))] as const,
  );
  return Object.fromEntries(await Promise.all(found));
}

const everythingWhole = Object.fromEntries(files.map((file) => [file, true]));

/** A node_modules folder with nothing but the model sources. */
async function copySources(): Promise<string> {
  const packages = await mkdtemp(join(scratch, 'packages-'));
  for (const { package: name, file } of names.flatMap((model) => models[model].sources)) {
    await mkdir(dirname(join(packages, name, file)), { recursive: true });
    await copyFile(join(projectRoot, 'node_modules', name, file), join(packages, name, file));
  }
  return packages;
}

async function copyModels(): Promise<void> {
  for (const name of names) await copyFile(modelFile(name), join(folder, models[name].file));
}

async function failure(promise: Promise<void>): Promise<ModelError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ModelError)) throw new Error('Expected a ModelError', { cause: error });
  return error;
}

/**
 * A process of its own that builds into the folder.
 * @param victim the model whose half-written file makes the process kill itself.
 */
function startBuilder(victim = 'none'): ChildProcess {
  const module = pathToFileURL(compiledFile('models/build-models.ts')).href;
  const program = `
    import { readdirSync } from 'node:fs';
    import { buildModels } from ${JSON.stringify(module)};
    let done = false;
    const look = () => {
      const writing = (name) => name.startsWith(${JSON.stringify(victim)}) && name.endsWith('.tmp');
      if (readdirSync(${JSON.stringify(folder)}).some(writing)) process.kill(process.pid, 'SIGKILL');
      if (!done) setImmediate(look);
    };
    look();
    await buildModels({ folder: ${JSON.stringify(folder)} });
    done = true;`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
}

it('builds what is missing, the same bytes every time', async () => {
  const steps: string[] = [];
  await buildModels({ folder, onProgress: (step) => steps.push(step) });
  expect(await contents()).toEqual(everythingWhole);
  expect(steps).toHaveLength(names.length);
  for (const name of names) {
    const { file } = models[name];
    const same = (await readFile(join(folder, file))).equals(await readFile(modelFile(name)));
    expect(same, file).toBe(true);
  }
});

it('leaves whole models alone and then needs no sources', async () => {
  await copyModels();
  const before = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).ino));
  await buildModels({ folder, packagesFolder: join(scratch, 'nowhere') });
  const after = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).ino));
  expect(after).toEqual(before);
});

describe.each([
  { damage: 'a flipped bit', spoil: (bytes: Buffer) => bytes.fill((bytes[1000] ?? 0) ^ 1, 1000, 1001) },
  { damage: 'a lost end', spoil: (bytes: Buffer) => bytes.subarray(0, -1) },
  { damage: 'no content', spoil: () => Buffer.alloc(0) },
])('a model with $damage', ({ spoil }) => {
  it('is built again', async () => {
    await copyModels();
    const path = join(folder, models.facemesh.file);
    await writeFile(path, spoil(await readFile(path)));
    const steps: string[] = [];
    await buildModels({ folder, onProgress: (step) => steps.push(step) });
    expect(await contents()).toEqual(everythingWhole);
    expect(steps).toContain(`${path} is damaged; building it again.`);
  });
});

describe.each(names)('the sources of %s', (name) => {
  it.each(models[name].sources)('are refused when $file is damaged', async (source) => {
    const packagesFolder = await copySources();
    const path = join(packagesFolder, source.package, source.file);
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1));
    const error = await failure(buildModels({ folder, packagesFolder }));
    expect(error.message).toContain(path);
    expect(error.message).toContain(source.sha256);
    expect(error.message).toContain('"npm ci"');
    expect(await contents()).not.toHaveProperty([models[name].file]);
  });

  it.each(models[name].sources)('are missed when $file is not there', async (source) => {
    const packagesFolder = await copySources();
    const path = join(packagesFolder, source.package, source.file);
    await rm(path);
    const error = await failure(buildModels({ folder, packagesFolder }));
    expect(error.message).toContain(path);
    expect(error.message).toContain('"npm ci"');
    expect(error.cause).toMatchObject({ code: 'ENOENT' });
  });
});

it('says which package is not installed', async () => {
  const error = await failure(buildModels({ folder, packagesFolder: join(scratch, 'nowhere') }));
  expect(error.message).toContain('@vladmandic/human');
  expect(error.message).toContain(join(scratch, 'nowhere'));
  expect(error.message).toContain('"npm ci"');
});

it('says which model cannot be read or written', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  expect((await failure(buildModels({ folder: file }))).message).toContain(file);
  const blocked = join(folder, models.facemesh.file);
  await mkdir(blocked);
  expect((await failure(buildModels({ folder }))).message).toContain(blocked);
});

it('ends right when several processes build at once', async () => {
  const builders = [startBuilder(), startBuilder(), startBuilder()];
  const codes = await Promise.all(builders.map((builder) => once(builder, 'exit')));
  expect(codes.map(([code]) => code as unknown)).toEqual([0, 0, 0]);
  expect(await contents()).toEqual(everythingWhole);
});

it.each(names)('never shows half of %s when killed while writing it', async (name) => {
  expect(await once(startBuilder(name), 'exit')).toEqual([null, 'SIGKILL']);
  const whole = Object.entries(await contents()).filter(([file]) => !file.endsWith('.tmp'));
  const earlier = names.slice(0, names.indexOf(name)).map((done) => [models[done].file, true]);
  expect(Object.fromEntries(whole)).toEqual(Object.fromEntries(earlier));
  await buildModels({ folder });
  expect(await contents()).toMatchObject(everythingWhole);
});

it('removes what a killed builder left, once it is surely dead', async () => {
  const [old, young] = [join(folder, 'facemesh.onnx.1.tmp'), join(folder, 'facemesh.onnx.2.tmp')];
  await writeFile(old, 'half');
  await writeFile(young, 'half');
  await utimes(old, new Date(0), new Date(0));
  await buildModels({ folder });
  expect(await readdir(folder)).toEqual([...files, 'facemesh.onnx.2.tmp'].sort());
});

import { execFile } from 'node:child_process';
import { cp, copyFile, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readSteps, stepStates } from '../../../src/database/mysql/migrations/migration-journal.js';
import { projectRoot } from '../../../src/project-root.js';
import { NotPossibleHere } from '../fault-kind.js';
import { furtherMigration } from './further-migration.js';
import { git, short } from './history.js';

const run = promisify(execFile);

/** The program, compiled, in a folder of its own. */
export interface Build {
  readonly name: string;
  readonly folder: string;
}

export const thisBuild: Build = { name: 'this build', folder: projectRoot };

/**
 * Compiles a commit with the packages of this checkout.
 * @throws NotPossibleHere when it needs others.
 */
export async function buildCommit(commit: string, folder: string): Promise<Build> {
  const archive = `${folder}.tar`;
  await mkdir(folder);
  git('archive', '--format=tar', `--output=${archive}`, commit);
  await run('tar', ['-xf', archive, '-C', folder]);
  const differing = await differingPackages(folder);
  if (differing.length > 0)
    throw new NotPossibleHere(`${short(commit)} needs other packages: ${differing.join(', ')}`);
  await lendPackages(folder);
  await lendModels(folder);
  await run(process.execPath, [join(folder, 'scripts', 'build.mjs')], { cwd: folder });
  return { name: short(commit), folder };
}

/** This build and one more migration, as a next version could bring it. */
export async function buildFurther(folder: string): Promise<Build> {
  await mkdir(folder);
  for (const part of ['dist', 'drizzle', 'models', 'package.json'])
    await cp(join(projectRoot, part), join(folder, part), { recursive: true });
  await lendPackages(folder);
  const migrations = join(folder, 'drizzle', 'mysql');
  const file = join(migrations, 'meta', '_journal.json');
  const journal = JSON.parse(await readFile(file, 'utf8')) as {
    entries: { idx: number; version: string; when: number; tag: string; breakpoints: boolean }[];
  };
  const last = journal.entries.at(-1);
  if (last === undefined) throw new Error('There are no migrations.');
  const tag = `${String(last.idx + 1).padStart(4, '0')}_further`;
  journal.entries.push({ ...last, idx: last.idx + 1, when: last.when + 1, tag });
  await writeFile(file, JSON.stringify(journal));
  await writeFile(join(migrations, `${tag}.sql`), furtherMigration.join('\n--> statement-breakpoint\n'));
  return { name: 'a next build', folder };
}

/**
 * What the migrations of the newer build mean for the older one: nothing but additions, or its end.
 * @throws Error when the newer one changed what the older one had done.
 */
export function closesOlder(older: Build, newer: Build): boolean {
  const [before, after] = [older, newer].map(({ folder }) => readSteps(join(folder, 'drizzle', 'mysql')));
  const changed = before?.find(({ hash }, position) => after?.[position]?.hash !== hash);
  if (changed !== undefined)
    throw new Error(
      `Step ${changed.position + 1} of the migrations of ${older.name} is another in ${newer.name}.`,
    );
  return after?.slice(before?.length).some(({ done }) => done === stepStates.closed) ?? false;
}

async function lendPackages(folder: string): Promise<void> {
  await symlink(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
}

/** The models that are built, which no commit holds. */
async function lendModels(folder: string): Promise<void> {
  const models = join(projectRoot, 'models');
  for (const name of await readdir(models))
    if (name.endsWith('.onnx')) await copyFile(join(models, name), join(folder, 'models', name));
}

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

async function differingPackages(folder: string): Promise<string[]> {
  const [there, here] = await Promise.all(
    [folder, projectRoot].map(async (place) => {
      const manifest = JSON.parse(await readFile(join(place, 'package.json'), 'utf8')) as Manifest;
      return { ...manifest.dependencies, ...manifest.optionalDependencies };
    }),
  );
  return Object.entries(there ?? {})
    .filter(([name, version]) => here?.[name] !== version)
    .map(([name]) => name);
}

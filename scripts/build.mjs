import { readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'dist', '.built');

/** @type {(folder: string) => string[]} */
function sourcesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sourcesBelow(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

const sources = ['src', 'models', 'test', 'tools'].flatMap((folder) => sourcesBelow(join(root, folder)));

/** True when a TypeScript file, or a folder it left, changed after the last compilation. */
export function isStale() {
  const built = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return sources.some((file) => statSync(file).mtimeMs > built);
}

/**
 * Compiles every TypeScript file into the same place under dist/. Types are checked by `npm run check`.
 * `clean` also removes what earlier compilations left; not safe while a service runs from dist/.
 */
export async function build({ clean = false } = {}) {
  const started = new Date();
  const esbuild = await import('esbuild').catch(() => {
    throw new Error(
      'dist/ is out of date and esbuild is not installed: run "npm ci" with development packages.',
    );
  });
  if (clean) rmSync(join(root, 'dist'), { recursive: true, force: true });
  await esbuild.build({
    entryPoints: sources,
    outdir: join(root, 'dist'),
    outbase: root,
    format: 'esm',
    platform: 'node',
    target: 'node20.11',
    sourcemap: 'linked',
    tsconfig: join(root, 'tsconfig.json'),
    logLevel: 'warning',
  });
  await esbuild.stop();
  writeFileSync(stamp, '');
  utimesSync(stamp, started, started);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build({ clean: true });

import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, isStale } from './build.mjs';

// `node scripts/launch.mjs src/main.ts [arguments]` compiles when a source is newer than dist/, then runs the
// compiled file in this same process, so that signals reach the service itself.
const root = fileURLToPath(new URL('..', import.meta.url));
const [entry, ...rest] = process.argv.slice(2);
if (entry === undefined) throw new Error('Name the TypeScript file to run, for example src/main.ts.');
if (isStale()) await build();
process.setSourceMapsEnabled(true);
const compiled = resolve(root, 'dist', entry.replace(/\.ts$/, '.js'));
process.argv = [process.execPath, compiled, ...rest];
await import(pathToFileURL(compiled).href);

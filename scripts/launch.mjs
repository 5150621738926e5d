import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, isStale } from './build.mjs';

// `node scripts/launch.mjs src/main.ts [arguments]` compiles when a source is newer than dist/, then runs the
// compiled file: the service in a process with the allocator's settings, anything else in this one.
const root = fileURLToPath(new URL('..', import.meta.url));
const [entry, ...rest] = process.argv.slice(2);
if (entry === undefined) throw new Error('Name the TypeScript file to run, for example src/main.ts.');
if (isStale()) await build();

/** @type {(source: string) => string} */
const compiled = (source) => resolve(root, 'dist', source.replace(/\.ts$/, '.js'));

/** @type {(source: string) => Promise<unknown>} */
const load = (source) => import(pathToFileURL(compiled(source)).href);

/** @returns {Promise<Record<string, string>>} */
async function missingSettings() {
  if (entry !== 'src/main.ts' || process.platform !== 'linux') return {};
  const { allocatorSettings } = /** @type {{ allocatorSettings: Record<string, string> }} */ (
    await load('src/threads/allocator-settings.ts')
  );
  return Object.fromEntries(Object.entries(allocatorSettings).filter(([name]) => !(name in process.env)));
}

/** @param {Record<string, string>} settings */
function runAgain(settings) {
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...process.env, ...settings },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT', 'SIGHUP']))
    process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

const settings = await missingSettings();
if (Object.keys(settings).length > 0) runAgain(settings);
else {
  // Where the launcher was killed, the service would otherwise go on without anybody to stop it.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
  process.setSourceMapsEnabled(true);
  process.argv = [process.execPath, compiled(entry), ...rest];
  await load(entry);
}

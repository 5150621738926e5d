import { existsSync } from 'node:fs';
import { pino } from 'pino';
import type { Config } from '../config/config.js';
import { Progress } from '../import/progress.js';
import { holderOf, KeyHolders } from '../protection/holders/key-holders.js';
import { createMasterKey, formatMasterKey } from '../protection/master-key.js';
import { readMasterKeyFile, writeMasterKeyFile } from '../protection/master-key-file.js';
import { configuredKeys, masterKeyFileOf } from '../database/configured-keys.js';
import { openProtectedDatabase } from '../database/open-protected-database.js';
import { rewrapKeys } from '../protection/rewrap-keys.js';
import { readConfig } from '../config/read-config.js';

/** Exit codes: done; some key could not be wrapped; it could not begin; interrupted. */
const exitCodes = { done: 0, incomplete: 1, failed: 2, interrupted: 130 } as const;

type Outcome = keyof typeof exitCodes;

const USAGE = `Usage: npm run master-key -- <command>

  status   which master keys protect this database, and how many users each
  create   prints a new master key, for MASTER_KEYS or a file, wrapped by MASTER_KEY_HOLDER if there is one
  rotate   wraps the keys of all users with the first master key; with a key file and the embedded
           database makes a new one first. Can be interrupted and started again.
  wrap     has MASTER_KEY_HOLDER wrap the master keys themselves, anew where it has done so before, and puts
           them into the key file, or prints them for MASTER_KEYS; the keys of users stay as they are

See docs/protection.md.
`;

const interruption = new AbortController();
const logger = pino({ level: 'warn' }, pino.destination(2));

async function status(config: Config): Promise<Outcome> {
  assertDataFolder(config);
  const { database, vault } = await openProtectedDatabase(config, logger);
  try {
    const entries = new Map((await configuredKeys(config)).map((entry) => [entry.id, entry]));
    for (const { id, users } of await database.protection.masterKeys()) {
      const role = id === vault.current.id ? ', current' : '';
      const entry = entries.get(id);
      const held = entry !== undefined && 'held' in entry ? `, wrapped by ${holderOf(entry)}` : '';
      print(`${id}: wraps the keys of ${users} users${role}${held}`);
    }
    print(`${await database.protection.countUnprotected()} users are not protected yet.`);
    return 'done';
  } finally {
    await database.close();
  }
}

async function rotate(config: Config): Promise<Outcome> {
  assertDataFolder(config);
  if (config.protection.masterKeys === undefined && config.mysql === undefined) await addKeyToFile(config);
  const { database, vault } = await openProtectedDatabase(config, logger);
  try {
    const { protection } = database;
    const total = (await protection.masterKeys())
      .filter(({ id }) => id !== vault.current.id)
      .reduce((sum, { users }) => sum + users, 0);
    const progress = new Progress(process.stdout, total);
    let failures = 0;
    const done = await rewrapKeys({
      protection,
      vault,
      signal: interruption.signal,
      onFailure: (_, reason) => {
        failures += 1;
        progress.line(reason instanceof Error ? reason.message : String(reason));
      },
      onProgress: (count) => {
        progress.update(count);
      },
    });
    progress.end();
    print(`${done} of ${total} keys wrapped with ${vault.current.id}, ${failures} failed.`);
    if (interruption.signal.aborted) return 'interrupted';
    if (failures > 0) return 'incomplete';
    print('Older master keys are needed for backups made before now only; destroying them shreds those.');
    return 'done';
  } finally {
    await database.close();
  }
}

/** The database is opened first: a key must not be put in front of ones that do not fit. */
async function addKeyToFile(config: Config): Promise<void> {
  await (await openProtectedDatabase(config, logger)).database.close();
  const file = masterKeyFileOf(config);
  const keys = await readMasterKeyFile(file);
  if (keys === null) throw new Error(`There is no file ${file}`);
  const [added] = await new KeyHolders(config.protection.holders).wrap([createMasterKey()]);
  await writeMasterKeyFile(file, [added, ...keys]);
  print(`Added a new master key to ${file}; keep a copy of the file in a safe place.`);
}

async function create({ protection }: Config): Promise<Outcome> {
  const [entry] = await new KeyHolders(protection.holders).wrap([createMasterKey()]);
  print(formatMasterKey(entry));
  return 'done';
}

async function wrap(config: Config): Promise<Outcome> {
  const { holders: settings, masterKeys } = config.protection;
  if (settings?.current === undefined) throw new Error('Set MASTER_KEY_HOLDER to what should wrap them');
  const holders = new KeyHolders(settings);
  const entries = await holders.wrap(await holders.unwrap(await configuredKeys(config)));
  if (masterKeys !== undefined) print(entries.map(formatMasterKey).join(','));
  else {
    const file = masterKeyFileOf(config);
    await writeMasterKeyFile(file, entries);
    print(`${entries.length} master keys in ${file} wrapped by ${settings.current}.`);
  }
  return 'done';
}

function assertDataFolder({ mysql, dataDir }: Config): void {
  if (mysql === undefined && !existsSync(dataDir))
    throw new Error(`There is no data folder ${dataDir}; set DATA_DIR as for the service`);
}

function run(command: string | undefined): Promise<Outcome> {
  switch (command) {
    case 'status':
      return status(readConfig());
    case 'create':
      return create(readConfig());
    case 'rotate':
      return rotate(readConfig());
    case 'wrap':
      return wrap(readConfig());
    case undefined:
    default:
      process.stderr.write(USAGE);
      return Promise.resolve('failed');
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    interruption.abort();
  });

const [, , command, ...rest] = process.argv;
const outcome = await run(rest.length === 0 ? command : undefined).catch((error: unknown) => {
  process.stderr.write(`It could not be done: ${error instanceof Error ? error.message : String(error)}\n`);
  return 'failed' as const;
});
process.exit(exitCodes[outcome]);

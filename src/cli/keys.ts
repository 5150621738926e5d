import { pino } from 'pino';
import { createApiKey, hashApiKey } from '../access/api-key.js';
import type { ApiKeyRepository, StoredApiKey } from '../access/api-key-repository.js';
import { environmentEntry } from '../access/environment-keys.js';
import { KeyAdministration, type KeyRequest } from '../access/key-administration.js';
import { keyCommandUsage, parseKeyCommand, type KeyCommand } from '../access/key-command.js';
import { openKeys } from '../database/open-for-command.js';
import { readConfig } from '../config/read-config.js';

/** Exit codes: done; there is no such key; it could not be done. */
const exitCodes = { done: 0, unknown: 1, failed: 2 } as const;
type Outcome = keyof typeof exitCodes;

async function run(command: KeyCommand): Promise<Outcome> {
  if (command.kind === 'print') return printKey(command.request);
  const database = await openKeys(readConfig(), pino({ level: 'warn' }, pino.destination(2)));
  try {
    switch (command.kind) {
      case 'create':
        return await create(database.apiKeys, command.request);
      case 'list':
        return await list(database.apiKeys);
      case 'revoke':
        return await revoke(database.apiKeys, command.id);
    }
  } finally {
    await database.close();
  }
}

function printKey(request: Omit<KeyRequest, 'expiresAt'>): Outcome {
  const { key } = createApiKey();
  process.stdout.write(
    `key:      ${key}\nAPI_KEYS: ${environmentEntry({ ...request, hash: hashApiKey(key) })}\n`,
  );
  return 'done';
}

async function create(apiKeys: ApiKeyRepository, request: KeyRequest): Promise<Outcome> {
  const { id, key } = await new KeyAdministration(apiKeys).create(request);
  // The key alone on standard output, for scripts.
  process.stdout.write(`${key}\n`);
  process.stderr.write(
    `Key ${id} (${request.name}) may ${[...request.scopes].join(', ')}, ${until(request.expiresAt)}. Keep it now: it is not shown again.\n`,
  );
  return 'done';
}

async function list(apiKeys: ApiKeyRepository): Promise<Outcome> {
  for (const key of await apiKeys.list())
    process.stdout.write(`${key.id}  ${key.name}  ${[...key.scopes].join(',')}  ${stateOf(key)}\n`);
  return 'done';
}

async function revoke(apiKeys: ApiKeyRepository, id: string): Promise<Outcome> {
  if (await new KeyAdministration(apiKeys).revoke(id)) return 'done';
  process.stderr.write('There is no key of this id; npm run keys -- list shows them all.\n');
  return 'unknown';
}

function stateOf({ createdAt, expiresAt, revokedAt }: StoredApiKey): string {
  if (revokedAt !== null) return `revoked ${revokedAt.toISOString()}`;
  if (expiresAt !== null && expiresAt <= new Date()) return `expired ${expiresAt.toISOString()}`;
  return `created ${createdAt.toISOString()}, ${until(expiresAt)}`;
}

function until(expiresAt: Date | null): string {
  return expiresAt === null ? 'without expiry' : `until ${expiresAt.toISOString()}`;
}

function parseArguments(): KeyCommand {
  try {
    return parseKeyCommand(process.argv.slice(2), new Date());
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${keyCommandUsage}`);
    process.exit(exitCodes.failed);
  }
}

const outcome = await run(parseArguments()).catch((error: unknown) => {
  process.stderr.write(
    `The keys could not be read or changed: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  return 'failed' as const;
});
process.exit(exitCodes[outcome]);

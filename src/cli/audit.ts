import { pino } from 'pino';
import { examineChain } from '../audit/audit-chain.js';
import type { AuditEntry, AuditLog } from '../audit/audit-log.js';
import { compareWithCheckpoint } from '../audit/checkpoint.js';
import type { Config } from '../config/config.js';
import { configuredVault } from '../database/configured-keys.js';
import { openKeys } from '../database/open-for-command.js';
import { readConfig } from '../config/read-config.js';

/** Exit codes: done; the log was tampered with; there is nothing about this id; it could not be done. */
const exitCodes = { done: 0, broken: 1, unknown: 1, failed: 2 } as const;
type Outcome = keyof typeof exitCodes;

const USAGE = `Usage: npm run audit -- list [<id>]   every entry, or those about one person, one a line
       npm run audit -- verify         follows the chain of hashes and prints its head
       npm run audit -- verify --checkpoint <text>   also compares with a checkpoint out of the service's log

Works beside the running service. See docs/privacy.md.
`;

const PAGE_SIZE = 1000;

async function list(log: AuditLog, userId: string | undefined): Promise<Outcome> {
  const subject = userId === undefined ? undefined : await log.pseudonymOf(userId);
  if (subject === null) {
    process.stderr.write('There is nobody with a face registered with this id.\n');
    return 'unknown';
  }
  let after: number | undefined;
  for (;;) {
    const page = await log.page({ first: PAGE_SIZE, after, subject });
    const users = await log.usersOf(page.flatMap((entry) => entry.subject ?? []));
    for (const entry of page) process.stdout.write(`${line(entry, users)}\n`);
    const last = page.at(-1);
    if (last === undefined) return 'done';
    after = last.seq;
  }
}

/** Tab-separated; a user who was deleted has no name any more. */
function line(
  { seq, at, operation, outcome, subject, actor, requestId }: AuditEntry,
  users: ReadonlyMap<string, string>,
): string {
  const user = subject === null ? '-' : (users.get(subject) ?? '(deleted)');
  return [seq, at.toISOString(), operation, outcome, user, actor, requestId ?? '-'].join('\t');
}

async function verify(log: AuditLog, config: Config, checkpoint: string | undefined): Promise<Outcome> {
  const { entries, head, problems } = await examineChain(log);
  const found = [...problems];
  if (checkpoint !== undefined) {
    const vault = await configuredVault(config);
    found.push(...(await compareWithCheckpoint(log, checkpoint, (id) => vault.masterKey(id))));
  }
  for (const problem of found) process.stdout.write(`${problem}\n`);
  const hash = Buffer.from(head.hash).toString('hex');
  process.stdout.write(`${entries} entries, ${found.length} problems. Head: ${head.seq} ${hash}\n`);
  return found.length === 0 ? 'done' : 'broken';
}

type Command =
  | { readonly name: 'list'; readonly userId: string | undefined }
  | { readonly name: 'verify'; readonly checkpoint: string | undefined };

/** @returns null when the arguments mean nothing. */
function readCommand([name, ...given]: readonly string[]): Command | null {
  if (name === 'list' && given.length <= 1) return { name, userId: given[0] };
  if (name !== 'verify') return null;
  if (given.length === 0) return { name, checkpoint: undefined };
  const [option, checkpoint] = given;
  return option === '--checkpoint' && checkpoint !== undefined && given.length === 2
    ? { name, checkpoint }
    : null;
}

async function run(command: Command): Promise<Outcome> {
  const config = readConfig();
  const database = await openKeys(config, pino({ level: 'warn' }, pino.destination(2)));
  try {
    return command.name === 'verify'
      ? await verify(database.auditLog, config, command.checkpoint)
      : await list(database.auditLog, command.userId);
  } finally {
    await database.close();
  }
}

const command = readCommand(process.argv.slice(2));
if (command === null) {
  process.stderr.write(USAGE);
  process.exit(exitCodes.failed);
}
const outcome = await run(command).catch((error: unknown) => {
  process.stderr.write(
    `The audit log could not be read: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  return 'failed' as const;
});
process.exit(exitCodes[outcome]);

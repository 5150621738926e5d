import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { AuditCheckpoints } from '../../src/audit/audit-checkpoints.js';
import { hashOf } from '../../src/audit/audit-chain.js';
import { compareWithCheckpoint, writeCheckpoint } from '../../src/audit/checkpoint.js';
import type { Database } from '../../src/database/database.js';
import { createMasterKey } from '../../src/protection/master-key.js';
import { testOrigin } from '../support/api/test-origin.js';
import { openSqlite } from '../support/databases/open-sqlite.js';
import { runCommand } from '../support/service/run-command.js';
import { ServiceProcess } from '../support/service/service-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const key = createMasterKey();
const keyOf = (id: string) => (id === key.id ? key : undefined);
const event = { ...testOrigin, operation: 'verify', outcome: 'accepted', userId: null } as const;

async function logOf(entries: number, folder = temporaryFolder()): Promise<Database> {
  const database = await openSqlite(folder);
  await database.auditLog.append(Array.from({ length: entries }, () => event));
  return database;
}

const checkpointOf = async ({ auditLog }: Database) =>
  writeCheckpoint(await auditLog.head(), new Date('2026-01-02T03:04:05Z'), key);

it('a log that only grew agrees with its checkpoint, also when the oldest entries were forgotten', async () => {
  const database = await logOf(5);
  const checkpoint = await checkpointOf(database);
  await database.auditLog.append([event, event]);
  expect(await compareWithCheckpoint(database.auditLog, checkpoint, keyOf)).toEqual([]);
  for (const first of [4, 1, 1]) {
    await database.auditLog.forget(new Date(Date.now() + 60_000), first);
    expect(await compareWithCheckpoint(database.auditLog, checkpoint, keyOf)).toEqual([]);
  }
  await database.close();
});

it('a log that was rewritten as a whole, with sound hashes, shows', async () => {
  const folder = temporaryFolder();
  const first = await logOf(3, folder);
  const checkpoint = await checkpointOf(first);
  const entries = await first.auditLog.page({ first: 3 });
  await first.close();
  const file = new DatabaseSync(join(folder, 'facial-verification.sqlite'));
  let previousHash: Uint8Array = new Uint8Array();
  for (const entry of entries) {
    const forged = { ...entry, outcome: 'refused', previousHash };
    previousHash = hashOf(forged);
    file
      .prepare('update audit_log set outcome = ?, previous_hash = ?, hash = ? where seq = ?')
      .run('refused', forged.previousHash, previousHash, entry.seq);
  }
  file.prepare('update audit_head set hash = ?').run(previousHash);
  file.close();
  const second = await openSqlite(folder);
  expect(await compareWithCheckpoint(second.auditLog, checkpoint, keyOf)).toEqual([
    'Entry 3 is not the one of the checkpoint: the log was rewritten.',
  ]);
  await second.close();
});

it('an older log in the place of a newer one shows', async () => {
  const checkpoint = await checkpointOf(await logOf(5));
  expect(await compareWithCheckpoint((await logOf(4)).auditLog, checkpoint, keyOf)).toEqual([
    expect.stringMatching(/ends at entry 4, but had 5/),
  ]);
});

it('a checkpoint that was changed, or is signed by another key, proves nothing', async () => {
  const { auditLog } = await logOf(2);
  const checkpoint = writeCheckpoint(await auditLog.head(), new Date(), key);
  const compare = (text: string, of = keyOf) => compareWithCheckpoint(auditLog, text, of);
  await expect(compare(checkpoint.replace('audit:2:', 'audit:1:'))).rejects.toThrow(/signature/);
  await expect(compare(checkpoint, () => ({ ...createMasterKey(), id: key.id }))).rejects.toThrow(
    /signature/,
  );
  await expect(compare(checkpoint, () => undefined)).rejects.toThrow(`master key ${key.id}, which is not`);
  await expect(compare('audit:nonsense')).rejects.toThrow(/no checkpoint/);
});

it('are written at the start, at intervals and at the end, and a failure is logged and passes', async () => {
  const lines: Record<string, unknown>[] = [];
  const logger = pino(
    {},
    { write: (line: string) => lines.push(JSON.parse(line) as (typeof lines)[number]) },
  );
  const database = await logOf(1);
  let broken = false;
  const log = { head: () => (broken ? Promise.reject(new Error('away')) : database.auditLog.head()) };
  const checkpoints = new AuditCheckpoints({ log, masterKey: key, logger, intervalMs: 2 });
  checkpoints.start();
  await expect.poll(() => lines.length).toBeGreaterThan(2);
  broken = true;
  await expect.poll(() => lines.some(({ level }) => level === 50)).toBe(true);
  broken = false;
  await checkpoints.stop();
  const last = String(lines.at(-1)?.['checkpoint']);
  expect(await compareWithCheckpoint(database.auditLog, last, keyOf)).toEqual([]);
  await database.close();
});

it('the service logs one at its end, which the command checks', async () => {
  const service = await ServiceProcess.start();
  expect(await service.end('SIGTERM')).toBe(0);
  const lines = service.output.flatMap((line) => /"checkpoint":"([^"]+)"/.exec(line)?.[1] ?? []);
  expect(lines).toHaveLength(2);
  const verify = (checkpoint: string) =>
    runCommand({
      source: 'src/cli/audit.ts',
      arguments: ['verify', '--checkpoint', checkpoint],
      environment: { DATA_DIR: service.dataDir },
    });
  expect(await verify(lines[1] ?? '')).toMatchObject({ code: 0 });
  const forged = (lines[1] ?? '').replace('audit:0:', 'audit:9:');
  expect(await verify(forged)).toMatchObject({
    code: 2,
    output: expect.stringMatching(/signature/) as string,
  });
  await service.discard();
});

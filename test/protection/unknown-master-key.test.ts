import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { openProtectedDatabase } from '../../src/database/open-protected-database.js';
import { checkTemplates } from '../../src/doctor/check-templates.js';
import type { Finding } from '../../src/doctor/finding.js';
import { SynchronisedGallery } from '../../src/gallery/synchronised-gallery.js';
import { createMasterKey, type MasterKey } from '../../src/protection/master-key.js';
import type { UnopenedTemplate } from '../../src/protection/vault.js';
import { announced } from '../database/repository-suite.js';
import { testOrigin } from '../support/api/test-origin.js';
import { unitVector } from '../support/models/unit-vectors.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const MODEL_ID = 'model-a';
const old = createMasterKey();
const next = createMasterKey();

async function open(folder: string, masterKeys: readonly [MasterKey, ...MasterKey[]]) {
  const logs: Record<string, unknown>[] = [];
  const unopened: UnopenedTemplate[] = [];
  const opened = await openProtectedDatabase(
    { dataDir: folder, mysql: undefined, protection: { masterKeys, masterKeyFile: undefined } },
    pino({}, { write: (line: string) => logs.push(JSON.parse(line) as Record<string, unknown>) }),
    // As a node that was running when another one began to use a new key.
    { acceptUnknownKeys: true, onUnopened: (template) => unopened.push(template) },
  );
  onTestFinished(() => opened.database.close());
  return { ...opened, logs, unopened };
}

/** Ada is protected with the old key; Bob and Cem with the new one, which the returned node does not have. */
async function nodeWithoutTheNewKey() {
  const folder = temporaryFolder();
  for (const [masterKeys, ids] of [
    [[old], ['ada']],
    [
      [next, old],
      ['bob', 'cem'],
    ],
  ] as const) {
    const { database, vault } = await open(folder, masterKeys);
    for (const [seed, id] of ids.entries())
      await database.users.enrol(
        { ...(await announced(database, { id, seed: id.length + seed })), key: vault.createKey(id) },
        testOrigin,
      );
    await database.close();
  }
  return open(folder, [old]);
}

it('keeps only those people from being verified whose key it is, and the others are searched', async () => {
  const { database, vault, logs, unopened } = await nodeWithoutTheNewKey();
  const gallery = new SynchronisedGallery({
    log: database.gallery,
    modelId: MODEL_ID,
    dimension: 128,
    threads: 1,
  });
  onTestFinished(() => gallery.close());
  await gallery.load();
  expect(gallery.size).toBe(1);
  expect(await gallery.bestOther(unitVector(3), 'nobody')).toMatchObject({ userId: 'ada' });
  expect(await database.users.templatesOf('ada', MODEL_ID)).toHaveLength(1);
  await expect(database.users.templatesOf('bob', MODEL_ID)).rejects.toMatchObject({ code: 'UNAVAILABLE' });

  expect(vault.unknownMasterKeys).toEqual([next.id]);
  expect(unopened.map(({ reason }) => reason)).toEqual(['unknown_master_key', 'unknown_master_key']);
  const told = logs.filter(({ msg }) => String(msg).includes('a master key that this node does not have'));
  expect(told).toMatchObject([{ masterKeyId: next.id }]);
});

it('is one finding of the doctor, whatever number of people it concerns', async () => {
  const { database, vault } = await nodeWithoutTheNewKey();
  const findings: Finding[] = [];
  for await (const finding of checkTemplates(database, vault)) findings.push(finding);
  expect(findings.map(({ problem }) => problem)).toEqual([
    `2 users are protected with the master key ${next.id}, which is not configured here`,
  ]);
});

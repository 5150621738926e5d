import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { formatMasterKey } from '../../src/protection/master-key.js';
import { ServiceProcess } from './service-process.js';
import { temporaryFolder } from './temporary-folder.js';
import { testMasterKey } from './test-vault.js';

/** Starts one node of the service for each address of a database, all at once, with one folder for the images. */
export async function startTextNodes(databaseUrls: readonly string[]): Promise<ServiceProcess[]> {
  const images = join(temporaryFolder(), 'images');
  const starting = databaseUrls.map((url) =>
    ServiceProcess.start({
      // Nodes of one database need the same master key.
      environment: { DATABASE_URL: url, MASTER_KEYS: formatMasterKey(testMasterKey) },
      program: ['test/support/text-node.ts', images],
    }),
  );
  onTestFinished(async () => {
    for (const node of await Promise.allSettled(starting))
      if (node.status === 'fulfilled') await node.value.discard();
  });
  return Promise.all(starting);
}

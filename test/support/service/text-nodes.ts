import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { formatMasterKey } from '../../../src/protection/master-key.js';
import { ServiceProcess } from './service-process.js';
import { temporaryFolder } from '../temporary-folder.js';
import { testMasterKey } from '../databases/test-vault.js';

/**
 * Starts one node of the service for each address of a database, all at once, with one folder for the images. Failed
 * attempts are not limited unless the environment says so: most tests make thousands of them.
 */
export async function startTextNodes(
  databaseUrls: readonly string[],
  environment: Record<string, string> = {},
): Promise<ServiceProcess[]> {
  const images = join(temporaryFolder(), 'images');
  const starting = databaseUrls.map((url) =>
    ServiceProcess.start({
      // Nodes of one database need the same master key.
      environment: {
        DATABASE_URL: url,
        MASTER_KEYS: formatMasterKey(testMasterKey),
        FREE_FAILURES_PER_CALLER: '0',
        FREE_FAILURES_PER_USER: '0',
        ...environment,
      },
      program: ['test/support/service/text-node.ts', images],
    }),
  );
  onTestFinished(async () => {
    for (const node of await Promise.allSettled(starting))
      if (node.status === 'fulfilled') await node.value.discard();
  });
  return Promise.all(starting);
}

import { resolve } from 'node:path';
import { restoreBackup } from '../backup/restore-backup.js';
import { readConfig } from '../config/read-config.js';
import { configuredKeys } from '../database/configured-keys.js';
import { openImageStore } from '../storage/open-image-store.js';

const USAGE = `Usage: npm run restore -- <folder of a backup>

Puts a backup into DATA_DIR, which must have no database yet. The master key is needed. See docs/backup.md.
`;

async function run(folder: string): Promise<void> {
  const config = readConfig();
  if (config.mysql !== undefined)
    throw new Error('DATABASE_URL is set: restore MySQL with its own tools, as docs/backup.md says.');
  const configured = new Set((await configuredKeys(config)).map(({ id }) => id));
  const { createdAt, images, masterKeys } = await restoreBackup({
    folder,
    dataDir: config.dataDir,
    openImages: () => openImageStore(config),
  });
  const missing = masterKeys.filter(({ id, users }) => users > 0 && !configured.has(id));
  const users = masterKeys.reduce((sum, key) => sum + key.users, 0);
  process.stdout.write(
    `${users} users and ${images} pictures of ${createdAt} restored to ${config.dataDir}.\n`,
  );
  for (const { id } of missing)
    process.stdout.write(`The master key ${id} is not configured: without it the service does not start.\n`);
  process.stdout.write(
    `People deleted after ${createdAt} are back: delete them again. Then: npm run doctor\n`,
  );
}

const [, , folder, ...rest] = process.argv;
if (folder === undefined || rest.length > 0) {
  process.stderr.write(USAGE);
  process.exit(2);
}
await run(resolve(folder)).catch((error: unknown) => {
  process.stderr.write(
    `The backup could not be restored: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(2);
});

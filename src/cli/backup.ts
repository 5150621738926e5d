import { resolve } from 'node:path';
import { createBackup } from '../backup/create-backup.js';
import { readConfig } from '../config/read-config.js';
import { configuredKeys } from '../database/configured-keys.js';
import { openImageStore } from '../storage/open-image-store.js';

const USAGE = `Usage: npm run backup -- <new folder>

Copies the embedded database and the pictures into the folder, while the service runs or not. Everything stays
sealed, and the master key is not copied: keep it elsewhere. See docs/backup.md, also for MySQL.
`;

async function run(folder: string): Promise<void> {
  const config = readConfig();
  if (config.mysql !== undefined)
    throw new Error('DATABASE_URL is set: back up MySQL with its own tools, as docs/backup.md says.');
  // Only that they are there: they need not be unwrapped, so that a holder that is away stops no backup.
  await configuredKeys(config);
  const images = await openImageStore(config, { abandonedAfterMs: Infinity });
  const { manifest, deletedMeanwhile } = await createBackup({
    dataDir: config.dataDir,
    images,
    folder,
  });
  const users = manifest.masterKeys.reduce((sum, key) => sum + key.users, 0);
  process.stdout.write(
    `${users} users and ${manifest.images} pictures copied to ${folder}. Master keys needed to read them: ` +
      `${manifest.masterKeys.map(({ id }) => id).join(', ') || 'none'}.\n`,
  );
  if (deletedMeanwhile > 0)
    process.stdout.write(`${deletedMeanwhile} pictures were deleted while the backup was made.\n`);
}

const [, , folder, ...rest] = process.argv;
if (folder === undefined || rest.length > 0) {
  process.stderr.write(USAGE);
  process.exit(2);
}
await run(resolve(folder)).catch((error: unknown) => {
  process.stderr.write(
    `The backup could not be made: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(2);
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { writeMasterKeyFile } from '../../../src/protection/master-key-file.js';
import { openProtectedDatabase } from '../../../src/database/open-protected-database.js';
import { createPrivateFolder } from '../../../src/storage/private-file.js';
import type { Database } from '../../../src/database/database.js';
import { testMasterKey } from './test-vault.js';

/** Opens the embedded database of a folder, whose master key is that of the tests, as the service does. */
export async function openSqlite(folder: string): Promise<Database> {
  const keyFile = join(folder, 'master.key');
  createPrivateFolder(folder);
  if (!existsSync(keyFile)) await writeMasterKeyFile(keyFile, [testMasterKey]);
  const config = {
    dataDir: folder,
    mysql: undefined,
    protection: { masterKeys: undefined, masterKeyFile: undefined },
  };
  const { database } = await openProtectedDatabase(config, pino({ level: 'silent' }));
  return database;
}

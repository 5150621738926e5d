import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { MysqlSettings } from '../../../src/database/mysql/mysql-options.js';
import { openMysqlDatabase } from '../../../src/database/mysql/open-mysql-database.js';
import type { Database } from '../../../src/database/database.js';
import type { MariadbServer } from './mariadb-server.js';
import { introduceTestKey, testVault } from './test-vault.js';

export { optionsFor } from './mysql-options-for.js';

/** Opens a database, closed when the running test has finished. */
export async function openFor(options: MysqlSettings): Promise<Database> {
  const database = await openMysqlDatabase({ ...options, vault: testVault }, pino({ level: 'silent' }));
  onTestFinished(() => database.close());
  await introduceTestKey(database);
  return database;
}

export async function emptyTables(server: MariadbServer, database: string): Promise<void> {
  const tables = [
    'face_user_keys',
    'face_templates',
    'face_images',
    'face_blobs',
    'face_gallery_change',
    'face_api_keys',
    'face_receipts',
    'users',
  ];
  const deletions = tables.map((table) => `DELETE FROM ${table}`).join('; ');
  await server.run(
    `${deletions}; UPDATE face_gallery_clock SET rev = 0; DELETE FROM face_audit_log; UPDATE face_audit_head SET seq = 0, hash = ''`,
    database,
  );
}

import { DatabaseSync } from '@photostructure/sqlite';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Database } from '../../src/database/database.js';
import { openSqlite } from '../support/databases/open-sqlite.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { describeAuditLog } from './audit-log-suite.js';
import { describeProtection } from './protection-suite.js';
import { describeRepository } from './repository-suite.js';

async function open(folder = temporaryFolder()): Promise<Database> {
  const database = await openSqlite(folder);
  onTestFinished(() => database.close());
  return database;
}

describeRepository('SQLite', open);
describeAuditLog('SQLite', open);
describeProtection('SQLite', async () => {
  const folder = temporaryFolder();
  const database = await open(folder);
  const run = (sql: string) => {
    const raw = new DatabaseSync(join(folder, 'facial-verification.sqlite'));
    raw.exec(sql);
    raw.close();
    return Promise.resolve();
  };
  return { database, run, prefix: '' };
});

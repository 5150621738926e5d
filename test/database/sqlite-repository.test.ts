import { onTestFinished } from 'vitest';
import { openSqlite } from '../support/open-sqlite.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { describeRepository } from './repository-suite.js';

describeRepository('SQLite', async () => {
  const database = await openSqlite(temporaryFolder());
  onTestFinished(() => database.close());
  return database;
});

import { onTestFinished } from 'vitest';
import { openSqliteDatabase } from '../../src/database/sqlite/open-sqlite-database.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { describeRepository } from './repository-suite.js';

describeRepository('SQLite', async () => {
  const database = await openSqliteDatabase(temporaryFolder());
  onTestFinished(() => database.close());
  return database;
});

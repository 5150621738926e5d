import { expect, it, onTestFinished } from 'vitest';
import { DEFAULT_EMBEDDER } from '../../src/models/catalogue.js';
import { fillDatabase } from '../../tools/bench/sections/fill-database.js';
import { openSqlite } from '../support/databases/open-sqlite.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const HANG_GUARD_MS = 60_000;

it(
  'images without a template are found among many people without comparing everything with everything',
  async () => {
    const folder = temporaryFolder();
    await fillDatabase(folder, 30_000, 4);
    const database = await openSqlite(folder);
    onTestFinished(() => database.close());
    expect(await database.missingTemplates.count(DEFAULT_EMBEDDER)).toBe(0);
    expect(await database.missingTemplates.page({ modelId: DEFAULT_EMBEDDER, first: 10 })).toEqual([]);
  },
  HANG_GUARD_MS,
);

import { existsSync } from 'node:fs';
import { pino } from 'pino';
import { chooseEmbedder } from '../models/choose-models.js';
import type { Config } from '../config/config.js';
import { checkFolder } from '../doctor/check-folder.js';
import { checkRows } from '../doctor/check-rows.js';
import { checkTemplates } from '../doctor/check-templates.js';
import { compareImages } from '../doctor/compare-images.js';
import { examine } from '../doctor/examine.js';
import type { Finding } from '../doctor/finding.js';
import { readConfig } from '../config/read-config.js';
import { openProtectedDatabase } from '../database/open-protected-database.js';
import { openImageStore } from '../storage/open-image-store.js';

/** Exit codes: nothing is wrong any more; something is; the examination could not be done. */
const exitCodes = { clean: 0, found: 1, failed: 2 } as const;

const USAGE = `Usage: npm run doctor [-- --fix]

Compares the database with the image store both ways, and looks for leftovers and files open to others.
With --fix repairs what can be repaired. See docs/doctor.md.
`;

const HOUR_MS = 3_600_000;

/** How long the doctor lets a statement take: it looks through all rows at once, and nobody waits for it. */
const STATEMENT_LIMIT_MS = HOUR_MS;

async function run(fix: boolean, config: Config): Promise<keyof typeof exitCodes> {
  if (config.mysql === undefined && !existsSync(config.dataDir))
    throw new Error(`There is no data folder ${config.dataDir}; set DATA_DIR as for the service`);
  const logger = pino({ level: 'warn' }, pino.destination(2));
  const patient = {
    ...config,
    mysql: config.mysql && { ...config.mysql, timeoutMs: STATEMENT_LIMIT_MS },
  };
  const { database, vault } = await openProtectedDatabase(patient, logger, {
    acceptStrays: true,
    acceptUnknownKeys: true,
  });
  try {
    const images = await openImageStore(config, { abandonedAfterMs: Infinity });
    // Only the embedded database tells that nobody else is at work; a late write to S3 takes its time even so.
    const alone = config.mysql === undefined && (images.lateWriteMs ?? 0) === 0;
    const ever = new Date(8.64e15);
    const leftBefore = alone ? ever : new Date(Date.now() - HOUR_MS);
    const unfinishedBefore = alone ? ever : new Date((await database.now()).getTime() - HOUR_MS);
    async function* findings(): AsyncIterable<Finding> {
      yield* checkRows(database, images);
      yield* checkTemplates(database, vault);
      yield* compareImages({ ...database, images, unfinishedBefore });
      yield* checkFolder(config.dataDir, leftBefore);
    }
    const { found, repaired } = await examine({ findings: findings(), fix, print });
    for (const advice of await database.consistency.advice()) print(advice);
    if (fix && (await database.removeRemnants?.(ever, Infinity)))
      print('The database file was rewritten: nothing is left in it of deleted rows.');
    const { modelId } = await chooseEmbedder(config.faces.embedder);
    const unembedded = await database.missingTemplates.count(modelId);
    if (unembedded > 0)
      print(`${unembedded} pictures have no template of ${modelId} yet; npm run reembed makes them.`);
    const without = await database.consistency.countWithoutTemplate(modelId);
    if (without > unembedded)
      print(
        `${without - unembedded} users have no face of the current model yet; npm run import enrols them.`,
      );
    print(`${found} problems found, ${repaired} repaired.`);
    return found > repaired ? 'found' : 'clean';
  } finally {
    await database.close();
  }
}

function print(line: string): void {
  // Names of foreign files may hold sequences that steer a terminal.
  process.stdout.write(`${line.replaceAll(/\p{Cc}/gu, '\ufffd')}\n`);
}

const options = process.argv.slice(2);
if (options.some((option) => option !== '--fix')) {
  process.stderr.write(USAGE);
  process.exit(exitCodes.failed);
}
const outcome = await run(options.includes('--fix'), readConfig()).catch((error: unknown) => {
  process.stderr.write(
    `The examination could not be done: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  return 'failed' as const;
});
process.exit(exitCodes[outcome]);

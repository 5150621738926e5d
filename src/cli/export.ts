import { resolve } from 'node:path';
import { pino } from 'pino';
import { exportPerson } from '../audit/export-person.js';
import type { Config } from '../config/config.js';
import { openHoldings } from '../database/open-for-command.js';
import { configuredVault } from '../database/configured-keys.js';
import { readConfig } from '../config/read-config.js';
import { openImageStore } from '../storage/open-image-store.js';

/** Exit codes: done; there is no such person; it could not be done. */
const exitCodes = { done: 0, unknown: 1, failed: 2 } as const;

const USAGE = `Usage: npm run export -- <id> <new folder>

Writes everything held about a person into the folder: person.json and the pictures. Delete it when it was
handed over. Works beside the running service. See docs/privacy.md.
`;

async function run(userId: string, folder: string, config: Config): Promise<keyof typeof exitCodes> {
  const vault = await configuredVault(config);
  const database = await openHoldings(config, vault, pino({ level: 'warn' }, pino.destination(2)));
  try {
    const images = await openImageStore(config, { abandonedAfterMs: Infinity });
    const exported = await exportPerson(userId, { database, images, vault, folder });
    if (exported === null) {
      process.stderr.write('There is nobody registered with this id.\n');
      return 'unknown';
    }
    const { pictures, templates, logEntries } = exported;
    process.stdout.write(
      `${pictures} pictures, ${templates} templates and ${logEntries} entries of the audit log written to ${folder}.\n`,
    );
    return 'done';
  } finally {
    await database.close();
  }
}

const [, , userId, folder, ...rest] = process.argv;
if (userId === undefined || folder === undefined || rest.length > 0) {
  process.stderr.write(USAGE);
  process.exit(exitCodes.failed);
}
const outcome = await run(userId, resolve(folder), readConfig()).catch((error: unknown) => {
  process.stderr.write(
    `The export could not be done: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  return 'failed' as const;
});
process.exit(exitCodes[outcome]);

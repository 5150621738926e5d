import { resolve } from 'node:path';
import { pino } from 'pino';
import { buildModels } from '../../models/build-models.js';
import { chooseDetector, chooseEmbedder } from '../models/choose-models.js';
import type { Config } from '../config/config.js';
import { FacePool } from '../faces/face-pool.js';
import { importPeople, type ImportCounts } from '../import/import-people.js';
import { peopleInFolder, type RefusedFile } from '../import/people-in-folder.js';
import { Progress } from '../import/progress.js';
import { readConfig } from '../config/read-config.js';
import { openProtectedDatabase } from '../database/open-protected-database.js';
import { openImageStore } from '../storage/open-image-store.js';
import { Enroller } from '../users/enroller.js';
import { Housekeeping } from '../users/housekeeping.js';
import { ClockWatch } from '../database/clock-watch.js';

/** Exit codes: everybody is enrolled; some file was refused; the import could not begin; it was interrupted. */
const exitCodes = { done: 0, refused: 1, failed: 2, interrupted: 130 } as const;

const USAGE = `Usage: npm run import -- <folder>

Enrols people from pictures named <id>.jpg or <id>/<anything>.jpg (also png, webp, avif).
Who is enrolled already is skipped, so it can be started again. See docs/import.md.
`;

const interruption = new AbortController();

async function run(folder: string, config: Config): Promise<keyof typeof exitCodes> {
  const logger = pino({ level: 'warn' }, pino.destination(2));
  const { people, refused } = await peopleInFolder(folder);
  await buildModels();
  const embedder = await chooseEmbedder(config.faces.embedder);
  const detector = await chooseDetector(config.faces.detector);
  const { database, vault } = await openProtectedDatabase(config, logger);
  const faces = new FacePool({
    workers: config.faces.workers,
    queue: config.faces.workers + 1,
    pipeline: { maxPixels: config.faces.maxPixels, detector, embedder },
    onThreadLost: (reason) => {
      logger.error({ err: reason }, 'a face worker was lost');
    },
  });
  try {
    const images = await openImageStore(config);
    const housekeeping = new Housekeeping({
      database,
      clock: new ClockWatch({ databaseNow: () => database.now(), logger }),
      images,
      logger,
    });
    if (config.mysql === undefined) await housekeeping.startAlone();
    await faces.ready();

    const progress = new Progress(process.stdout, people.length);
    let refusedFiles = 0;
    const onRefused = ({ file, reason }: RefusedFile) => {
      refusedFiles += 1;
      progress.line(`refused ${file}: ${reason}`);
    };
    for (const file of refused) onRefused(file);
    const counts = await importPeople(people, {
      folder,
      users: database.users,
      enroller: new Enroller({
        database,
        images,
        vault,
        faces,
        logger,
        keepImages: config.retention.imageDays !== 0,
      }),
      modelId: embedder.modelId,
      maxImageBytes: config.http.maxImageBytes,
      concurrency: config.faces.workers + 1,
      signal: interruption.signal,
      onRefused,
      onProgress: ({ enrolled, skipped, refused: unaccepted }) => {
        progress.update(enrolled + skipped + unaccepted);
      },
    });
    progress.end();
    await housekeeping.stop();
    process.stdout.write(summary(people.length, counts, refusedFiles));
    if (interruption.signal.aborted) return 'interrupted';
    return refusedFiles > 0 ? 'refused' : 'done';
  } finally {
    await faces.close();
    await database.close();
  }
}

function summary(people: number, { enrolled, skipped, refused }: ImportCounts, refusedFiles: number): string {
  const left = people - enrolled - skipped - refused;
  return [
    `${people} people: ${enrolled} enrolled, ${skipped} already enrolled, ${refused} without an accepted picture`,
    left > 0 ? `, ${left} left for the next run` : '',
    `. ${refusedFiles} files refused.\n`,
  ].join('');
}

// Only the first time: a second Ctrl-C ends the process at once, and whatever starts next tidies up.
process.once('SIGINT', () => {
  process.stderr.write('\nFinishing what is being stored…\n');
  interruption.abort();
});
process.once('SIGTERM', () => {
  interruption.abort();
});

const [, , folder, ...rest] = process.argv;
if (folder === undefined || folder.startsWith('-') || rest.length > 0) {
  process.stderr.write(USAGE);
  process.exit(exitCodes.failed);
}
const outcome = await run(resolve(folder), readConfig()).catch((error: unknown) => {
  process.stderr.write(
    `The import could not be done: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  return 'failed' as const;
});
process.exit(exitCodes[outcome]);

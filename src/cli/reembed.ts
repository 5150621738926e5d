import { pino } from 'pino';
import { buildModels } from '../../models/build-models.js';
import { chooseDetector, chooseEmbedder } from '../models/choose-models.js';
import type { Config } from '../config/config.js';
import { FacePool } from '../faces/face-pool.js';
import { Progress } from '../import/progress.js';
import { readConfig } from '../config/read-config.js';
import { openProtectedDatabase } from '../database/open-protected-database.js';
import { openImageStore } from '../storage/open-image-store.js';
import { Reembedder } from '../users/reembedding/reembedder.js';

/** Exit codes: everybody has templates; some picture could not be embedded; it could not begin; interrupted. */
const exitCodes = { done: 0, incomplete: 1, failed: 2, interrupted: 130 } as const;

const interruption = new AbortController();

async function run(config: Config): Promise<keyof typeof exitCodes> {
  const logger = pino({ level: 'warn' }, pino.destination(2));
  await buildModels();
  const embedder = await chooseEmbedder(config.faces.embedder);
  const detector = await chooseDetector(config.faces.detector);
  const { modelId } = embedder;
  const { database } = await openProtectedDatabase(config, logger);
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
    await faces.ready();
    const total = await database.missingTemplates.count(modelId);
    const progress = new Progress(process.stdout, total);
    const { done, failed } = await new Reembedder({ database, images, faces }).everybody({
      modelId,
      concurrency: config.faces.workers + 1,
      signal: interruption.signal,
      considerate: false,
      onFailure: ({ key }, reason) => {
        progress.line(`${key}: ${reason instanceof Error ? reason.message : String(reason)}`);
      },
      onProgress: (count) => {
        progress.update(count);
      },
    });
    progress.end();
    const left = await database.missingTemplates.count(modelId);
    process.stdout.write(
      `${done} of ${total} pictures embedded with ${modelId}, ${failed} failed, ${left} left.\n`,
    );
    if (interruption.signal.aborted) return 'interrupted';
    return left > 0 ? 'incomplete' : 'done';
  } finally {
    await faces.close();
    await database.close();
  }
}

process.on('SIGINT', () => {
  if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
  process.stderr.write('\nFinishing the pictures under way…\n');
  interruption.abort();
});
process.on('SIGTERM', () => {
  interruption.abort();
});

const outcome = await run(readConfig()).catch((error: unknown) => {
  process.stderr.write(
    `Templates could not be made: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  return 'failed' as const;
});
process.exit(exitCodes[outcome]);

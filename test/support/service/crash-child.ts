import { createInterface } from 'node:readline';
import type { S3Location } from '../../../src/config/config.js';
import { ServiceError } from '../../../src/errors.js';
import { S3ImageStore } from '../../../src/storage/s3-image-store.js';
import { openTextService } from './open-text-service.js';
import { textPicture } from './text-face-service.js';
import { testRequest } from '../api/test-origin.js';

/** One line to the child. */
export interface CrashCommand {
  readonly id: string;
  /** The person to register; absent to delete the user. */
  readonly person?: number;
}

/** One line from the child, after the operation has ended; `ready` before the first. */
export type CrashReply = { readonly ready: true } | { readonly id: string; readonly failure: string | null };

// The folder of the database, and where the images are when not in that folder.
const [, , folder = '', s3Location] = process.argv;

const { service } = await openTextService({
  folder,
  ...(s3Location !== undefined && {
    openImages: () => S3ImageStore.open(JSON.parse(s3Location) as S3Location, { attemptTimeoutMs: 60_000 }),
  }),
  gallery: () => ({ size: 0, bestOther: () => Promise.resolve(null) }),
});

function reply(message: CrashReply): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function run({ id, person }: CrashCommand): Promise<void> {
  try {
    if (person === undefined) await service.remove(id, testRequest);
    else await service.register(id, textPicture(person), testRequest);
    reply({ id, failure: null });
  } catch (error) {
    reply({ id, failure: error instanceof ServiceError ? error.code : String(error) });
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  void run(JSON.parse(line) as CrashCommand);
});
reply({ ready: true });

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { commandOrigin } from '../audit/audit-origin.js';
import { ServiceError } from '../errors.js';
import { patiently } from '../patiently.js';
import type { Enroller } from '../users/enroller.js';
import type { UserRepository } from '../users/user-repository.js';
import type { PersonFiles, RefusedFile } from './people-in-folder.js';

/** How often a file is tried while the database, the image store or a worker is unavailable. */
const ATTEMPTS = 5;

export interface ImportOptions {
  readonly folder: string;
  readonly users: Pick<UserRepository, 'find' | 'templatesOf'>;
  readonly enroller: Pick<Enroller, 'register' | 'complete'>;
  /** Who has a template of this model is enrolled already. */
  readonly modelId: string;
  readonly maxImageBytes: number;
  /** People worked on at a time. */
  readonly concurrency: number;
  /** Ends the import: nobody new is begun, and what is not yet being stored is given up. */
  readonly signal: AbortSignal;
  readonly onRefused: (refused: RefusedFile) => void;
  /** Called after every person. */
  readonly onProgress: (counts: Readonly<ImportCounts>) => void;
  /**
   * Milliseconds before the second attempt; doubled for each later one.
   * @default 500
   */
  readonly retryDelayMs?: number;
}

export interface ImportCounts {
  /** People given a face now. */
  enrolled: number;
  /** People who had one already. */
  skipped: number;
  /** People of whom no picture was accepted. */
  refused: number;
}

/** Enrols people from picture files; the first picture accepted is the one kept. Never stops at a refused one. */
export async function importPeople(
  people: readonly PersonFiles[],
  options: ImportOptions,
): Promise<ImportCounts> {
  const counts: ImportCounts = { enrolled: 0, skipped: 0, refused: 0 };
  const queue = people.values();
  const work = async () => {
    for (const person of queue) {
      if (options.signal.aborted) return;
      const outcome = await importPerson(person, options);
      if (outcome === 'interrupted') return;
      counts[outcome] += 1;
      options.onProgress(counts);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, work));
  return counts;
}

async function importPerson(
  { id, files }: PersonFiles,
  options: ImportOptions,
): Promise<keyof ImportCounts | 'interrupted'> {
  for (const file of files) {
    try {
      const { signal, retryDelayMs = 500 } = options;
      return await patiently(() => importFile(id, join(options.folder, file), options), {
        attempts: ATTEMPTS,
        retryDelayMs,
        signal,
      });
    } catch (error) {
      if (options.signal.aborted) return 'interrupted';
      options.onRefused({ file, reason: reasonOf(error) });
    }
  }
  return 'refused';
}

async function importFile(id: string, path: string, options: ImportOptions): Promise<'enrolled' | 'skipped'> {
  const { users, enroller, modelId, signal, maxImageBytes } = options;
  const templates = await users.templatesOf(id, modelId);
  if (templates.length > 0) return 'skipped';
  const { size } = await stat(path);
  if (size > maxImageBytes) throw new ServiceError('IMAGE_TOO_LARGE');
  const image = await readFile(path);
  try {
    if (await users.find(id)) await enroller.complete(id, image, { signal, origin: commandOrigin });
    else await enroller.register(id, image, { signal, origin: commandOrigin });
    return 'enrolled';
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'USER_EXISTS') return 'skipped';
    throw error;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'An unknown failure';
  if (error instanceof ServiceError && error.cause instanceof Error)
    return `${error.message} (${error.cause.message})`;
  return error.message;
}

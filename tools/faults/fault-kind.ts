import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FaultCounts {
  /** Processes ended by SIGKILL. */
  kills: number;
  /** Operations that had been answered, or reported as done, before a kill. */
  acknowledged: number;
  /** Operations that a kill cut off. */
  interrupted: number;
  /** What else is worth telling, in a sentence. */
  note?: string;
}

export interface FaultOptions {
  /** Number of kills. */
  readonly rounds: number;
  /** Same number, same moments, as far as the clock allows. */
  readonly seed: number;
  /** Commit to upgrade from; the one before by default. */
  readonly previous?: string | undefined;
}

/** Thrown by a kind that turns out to be impossible on this machine. */
export class NotPossibleHere extends Error {}

/** One kind of work that is killed in the middle. */
export interface FaultKind {
  readonly name: string;
  /** Why it cannot be done on this machine; null where it can. */
  readonly missing: string | null;
  /**
   * Kills, starts again and compares. Counts as it goes, so that they are right when it fails.
   * @throws NotPossibleHere before the first kill.
   * @throws Error that says what was lost or is half-done.
   */
  readonly run: (options: FaultOptions, counts: FaultCounts) => Promise<void>;
}

export async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'facial-verification-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

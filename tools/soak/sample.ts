import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceProcess } from '../../test/support/service/service-process.js';
import type { MixedLoad } from './mixed-load.js';

/** The service at one moment. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Since the start of the load. */
  readonly requests: number;
  readonly refused: number;
  readonly wrong: number;
  readonly rssBytes: number;
  readonly threads: number;
  readonly openFiles: number;
  /** Uploads on their way in. */
  readonly temporaryFiles: number;
  /** Everything else below the data folder. */
  readonly keptFiles: number;
  /** How long `/healthz` takes: the time that the event loop lets an answer wait. */
  readonly answerMs: number;
}

export async function sample({ child, dataDir, address }: ServiceProcess, load: MixedLoad): Promise<Sample> {
  const status = readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8');
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
  const begun = performance.now();
  const healthy = await fetch(`${address}/healthz`);
  await healthy.text();
  const answerMs = performance.now() - begun;
  const temporaryFiles = filesBelow(join(dataDir, 'tmp'));
  const { requests, refused, wrong } = load.counts;
  return {
    at: Date.now(),
    requests,
    refused,
    wrong,
    rssBytes: field('VmRSS') * 1024,
    threads: field('Threads'),
    openFiles: readdirSync(`/proc/${child.pid ?? 0}/fd`).length,
    temporaryFiles,
    keptFiles: filesBelow(dataDir) - temporaryFiles,
    answerMs,
  };
}

function filesBelow(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
    .length;
}

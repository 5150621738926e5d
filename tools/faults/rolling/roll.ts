import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MariadbServer } from '../../../test/support/databases/mariadb-server.js';
import { inFolder, type FaultCounts, type FaultOptions } from '../fault-kind.js';
import { closesOlder, type Build } from './build.js';
import { Cluster } from './cluster.js';
import { examine } from './examine.js';
import { PatientClient } from './patient-client.js';
import { People } from './people.js';

/** Answers between two replacements, so that each mixture of builds does some work. */
const ANSWERS_BETWEEN = 60;
const REFUSAL = 'written by a newer version';

interface Builds {
  readonly older: Build;
  readonly newer: Build;
}

/**
 * Replaces the nodes of one build by those of another, one by one, while people are registered, verified, searched for
 * and deleted; then back, and so on. In each round one node is killed and the others are asked to stop. A newer build
 * that closes the database to the older one is only rolled out.
 * @throws Error when anything was refused but retryably, lost, or done twice.
 */
export async function roll(
  { older, newer }: Builds,
  { rounds, seed }: FaultOptions,
  counts: FaultCounts,
): Promise<void> {
  const closes = closesOlder(older, newer);
  const server = await MariadbServer.start();
  try {
    await inFolder(async (folder) => {
      const database = await server.createDatabase();
      const cluster = await Cluster.start(older, server.url(database), folder);
      const client = new PatientClient(cluster);
      try {
        const people = await People.begin(client, seed);
        try {
          await people.answered(ANSWERS_BETWEEN);
          for (let round = 0; round < (closes ? 1 : rounds); round += 1) {
            const build = round % 2 === 0 ? newer : older;
            const killed = (seed + round) % cluster.size;
            for (let seat = 0; seat < cluster.size; seat += 1) {
              await cluster.replace(seat, build, seat === killed ? 'SIGKILL' : 'SIGTERM');
              if (seat === killed) counts.kills += 1;
              await people.answered(ANSWERS_BETWEEN);
            }
          }
        } finally {
          await people.stop();
          describe(client, counts);
        }
        people.assertRight();
        if (closes) await expectRefusal(cluster, older, folder);
        await examine({ cluster, client, people, server, database, build: newer });
      } finally {
        await cluster.end();
      }
    });
  } finally {
    await server.discard();
  }
}

function describe(
  { counts: { answered, refused, unreachable, cutOff } }: PatientClient,
  counts: FaultCounts,
): void {
  counts.acknowledged = answered;
  counts.interrupted = cutOff;
  counts.note = `${refused} answers were 503 with Retry-After, and ${unreachable} times a node was not there; all were repeated.`;
}

async function expectRefusal(cluster: Cluster, older: Build, folder: string): Promise<void> {
  const dataDir = join(folder, 'refused');
  await mkdir(dataDir);
  const refusal = await cluster.refusal(older, dataDir);
  if (!refusal?.includes(REFUSAL))
    throw new Error(`${older.name} is closed out and does not say so: ${refusal ?? 'it starts'}`);
}

import type { MariadbServer } from '../../../test/support/databases/mariadb-server.js';
import { runCommand } from '../../../test/support/service/run-command.js';
import type { Build } from './build.js';
import type { Cluster } from './cluster.js';
import type { PatientClient } from './patient-client.js';
import type { People } from './people.js';

export interface Examined {
  readonly cluster: Cluster;
  readonly client: PatientClient;
  readonly people: People;
  readonly server: MariadbServer;
  readonly database: string;
  /** A build that may work on the database. */
  readonly build: Build;
}

/**
 * Compares what is stored with what was answered, now that nobody asks any more.
 * @throws Error that says what was lost, is half-done or was done twice.
 */
export async function examine({ cluster, client, people, server, database, build }: Examined): Promise<void> {
  const registered = people.registered.join();
  for (let seat = 0; seat < cluster.size; seat += 1) {
    const answer = await client.askOnce(seat, '/register/', {});
    const { data } = JSON.parse(answer?.text ?? '{"data":[]}') as { data: { id: string }[] };
    const listed = data
      .map(({ id }) => id)
      .sort()
      .join();
    if (listed !== registered) throw new Error(`Node ${seat} lists ${listed}, registered are ${registered}.`);
  }
  for (const person of people.all) await person.last();

  const count = async (rows: string) => {
    const [row] = await server.run(`SELECT COUNT(*) n FROM ${rows}`, database);
    return Number(row?.['n']);
  };
  const { registrations, deletions } = people.counts;
  const left = people.registered.length;
  const expected: [rows: string, count: number][] = [
    ['users', left],
    ['face_user_keys', left],
    ['face_images', left],
    ['face_templates', left],
    ["face_blobs WHERE state = 'live'", left],
    // Each change once, however often it was asked for.
    ["face_audit_log WHERE operation = 'register' AND outcome = 'done'", registrations],
    ["face_audit_log WHERE operation = 'delete' AND outcome = 'done'", deletions],
    ["face_gallery_change WHERE op = 'add'", registrations],
    ["face_gallery_change WHERE op = 'remove'", deletions],
  ];
  for (const [rows, wanted] of expected) {
    const found = await count(rows);
    if (found !== wanted) throw new Error(`${found} rows, not ${wanted}, of ${rows}.`);
  }
  await expectClean(cluster, build, 'src/cli/doctor.ts');
  await expectClean(cluster, build, 'src/cli/audit.ts', 'verify');
}

async function expectClean(
  cluster: Cluster,
  build: Build,
  source: string,
  ...options: readonly string[]
): Promise<void> {
  const environment = { ...cluster.environment, DATA_DIR: cluster.dataDir(0) };
  const { code, output } = await runCommand({ source, root: build.folder, arguments: options, environment });
  if (code !== 0) throw new Error(`${source} ended with ${code ?? 'a signal'}: ${output}`);
}

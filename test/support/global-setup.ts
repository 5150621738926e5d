import { buildModels } from '../../models/build-models.js';
import { build } from '../../scripts/build.mjs';
import { mariadbMissing } from './databases/mariadb-server.js';

/** Worker threads and started processes run compiled code and built models, as in production. */
export default async function setup(): Promise<void> {
  if (mariadbMissing !== null)
    process.stderr.write(`SKIPPED: every test over a MySQL server, because ${mariadbMissing}.\n`);
  await build();
  await buildModels();
}

import { buildModels } from '../../models/build-models.js';
import { build } from '../../scripts/build.mjs';
import { mariadbMissing } from './databases/mariadb-server.js';
import { softTokenMissing } from './holders/soft-token.js';

/** Worker threads and started processes run compiled code and built models, as in production. */
export default async function setup(): Promise<void> {
  if (mariadbMissing !== null)
    process.stderr.write(`SKIPPED: every test over a MySQL server, because ${mariadbMissing}.\n`);
  if (softTokenMissing !== null)
    process.stderr.write(`SKIPPED: every test over a PKCS#11 token, because ${softTokenMissing}.\n`);
  await build();
  await buildModels();
}

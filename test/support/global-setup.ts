import { buildModels } from '../../models/build-models.js';
import { build } from '../../scripts/build.mjs';

/** Worker threads and started processes run compiled code and built models, as in production. */
export default async function setup(): Promise<void> {
  await build();
  await buildModels();
}

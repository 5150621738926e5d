import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderContracts } from '../api/contracts.js';
import { withConfigurationTable } from '../config/config-table.js';
import { withGeneratedPart } from '../generated-part.js';
import { metricsTable } from '../metrics/metrics-table.js';
import { projectRoot } from '../project-root.js';

for (const [name, text] of Object.entries(renderContracts())) {
  await writeFile(join(projectRoot, 'schema', name), text);
}
const readme = join(projectRoot, 'README.md');
await writeFile(readme, withConfigurationTable(await readFile(readme, 'utf8')));
const operations = join(projectRoot, 'docs', 'operations.md');
await writeFile(
  operations,
  withGeneratedPart(await readFile(operations, 'utf8'), 'metrics', await metricsTable()),
);

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../project-root.js';
import { renderContracts } from './contracts.js';

const folder = join(projectRoot, 'schema');
await mkdir(folder, { recursive: true });
for (const [name, text] of Object.entries(renderContracts())) await writeFile(join(folder, name), text);

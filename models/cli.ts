import { parseArgs } from 'node:util';
import { addModel, isAdded } from './add-model.js';
import { buildModels } from './build-models.js';
import { modelCatalogue } from '../src/models/catalogue.js';
import { ModelError } from '../src/models/model-error.js';
import { optionalModels } from '../src/models/optional-models.js';

const USAGE = `Usage: npm run models                         builds or checks the models every installation has
       npm run models -- list                 lists all models
       npm run models -- add <name>           downloads an optional one
       npm run models -- add <name> --from <file>   takes it from a file
`;

async function build(): Promise<void> {
  const started = performance.now();
  await buildModels({ onProgress: print });
  print(`All models are in place (${Math.round(performance.now() - started)} ms).`);
}

async function list(): Promise<void> {
  for (const [name, { role, licence }] of Object.entries(modelCatalogue))
    print([name.padEnd(20), role.padEnd(10), 'built in'.padEnd(10), licence.spdx].join(' '));
  for (const [name, { role, licence }] of Object.entries(optionalModels)) {
    const state = (await isAdded(name)) ? 'added' : 'not added';
    print([name.padEnd(20), role.padEnd(10), state.padEnd(10), licence.spdx].join(' '));
  }
}

async function add(name: string, from: string | undefined): Promise<void> {
  let shown = -1;
  const path = await addModel(name, {
    ...(from !== undefined && { from }),
    onProgress: (received, total) => {
      const tenth = total === null ? Math.floor(received / 10_485_760) : Math.floor((received / total) * 10);
      if (tenth === shown) return;
      shown = tenth;
      const megabytes = (received / 1_048_576).toFixed(1);
      print(total === null ? `${megabytes} MB` : `${megabytes} MB, ${tenth * 10} %`);
    },
  });
  print(`${name} is in place: ${path}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

async function run(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { from: { type: 'string' } },
  });
  const [command, name, ...rest] = positionals;
  if (rest.length > 0) throw new ModelError(USAGE);
  if (command === undefined) return build();
  if (command === 'list' && name === undefined) return list();
  if (command === 'add' && name !== undefined) return add(name, values.from);
  throw new ModelError(USAGE);
}

try {
  await run();
} catch (error) {
  if (error instanceof TypeError && 'code' in error) fail(`${error.message}\n${USAGE}`);
  else if (error instanceof ModelError) {
    const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
    fail(`${error.message}${cause}`);
  } else throw error;
}

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { buildModels } from '../../models/build-models.js';
import type { BenchSection as TableSection } from './sections/bench-section.js';
import { document } from './document.js';
import { toText } from './format.js';
import { faceStages } from './sections/face-stages.js';
import { gallerySearch } from './sections/gallery-search.js';
import { hostileSection } from './sections/hostile-section.js';
import { httpLoad } from './http-load.js';
import { lfwSection } from './sections/lfw-section.js';
import { liveness } from './sections/liveness.js';
import { describeLoad, describeMachine } from './machine.js';
import { peers } from './peers/peers.js';
import type { BenchSection } from './sections/section.js';

/** A section that is one table of text, its first row the head. */
function tableOnly(name: string, section: TableSection): BenchSection {
  const { title } = section;
  return {
    name,
    title,
    run: async () => {
      const [columns = [], ...rows] = await section.run();
      return { tables: [{ title, columns, rows }], figures: { columns, rows } };
    },
  };
}

const sections: readonly BenchSection[] = [
  tableOnly('stages', faceStages),
  tableOnly('accuracy', lfwSection),
  liveness,
  httpLoad,
  gallerySearch,
  peers,
  hostileSection,
];

const usage = `npm run bench -- [options]
  --only <names>   sections to run, separated by commas: ${sections.map(({ name }) => name).join(', ')}
  --quick          few repetitions: to see that everything runs, not to quote
  --json <file>    also writes the figures there
  --document       also replaces the results of these sections in docs/benchmarks.md`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    document: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  const wanted = values.only?.split(',') ?? sections.map(({ name }) => name);
  const unknown = wanted.filter((name) => !sections.some((section) => section.name === name));
  if (values.help || unknown.length > 0) {
    console.log(unknown.length > 0 ? `There is no section ${unknown.join(', ')}.\n\n${usage}` : usage);
    process.exitCode = unknown.length > 0 ? 2 : 0;
    return;
  }
  await buildModels();
  const machine = describeMachine();
  console.log(machine);
  const figures: Record<string, unknown> = {};
  for (const section of sections.filter(({ name }) => wanted.includes(name))) {
    const circumstances = `${new Date().toISOString().slice(0, 10)}. ${machine}; ${describeLoad()}.`;
    console.log(`\n# ${section.title}: ${describeLoad()}`);
    const result = await section.run({ quick: values.quick });
    for (const table of result.tables) console.log(toText(table));
    if (values.document) await document(section, circumstances, result);
    figures[section.name] = { circumstances, ...result.figures };
    if (values.json !== undefined)
      writeFileSync(values.json, `${JSON.stringify({ machine, ...figures }, null, 2)}\n`);
  }
}

await main();

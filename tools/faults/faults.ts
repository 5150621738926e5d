import { parseArgs } from 'node:util';
import { buildModels } from '../../models/build-models.js';
import { toText } from '../bench/format.js';
import { NotPossibleHere, type FaultCounts } from './fault-kind.js';
import { faultKinds } from './fault-kinds.js';

const usage = `npm run faults -- [options]
  --rounds <number>  kills of each kind, 20 by default
  --seed <number>    the same number chooses the same moments, as far as the clock allows; 1 by default
  --only <text>      only kinds whose name has this in it
  --previous <name>  commit to upgrade from, the one before by default

Ends real processes with SIGKILL in the middle of their work, starts them again and compares what had been
acknowledged with what is there. Ends with 1 when something was lost or is half-done. Kinds:
${faultKinds.map(({ name }) => `  ${name}`).join('\n')}`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    previous: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
  const wanted = faultKinds.filter(({ name }) => name.includes(values.only));
  if (values.help || !Number.isInteger(rounds) || !Number.isInteger(seed) || wanted.length === 0) {
    console.log(usage);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  await buildModels();
  const rows: string[][] = [];
  const problems: string[] = [];
  const notes: string[] = [];
  for (const kind of wanted) {
    if (kind.missing !== null) {
      rows.push(skipped(kind.name, kind.missing));
      continue;
    }
    const counts: FaultCounts = { kills: 0, acknowledged: 0, interrupted: 0 };
    const begun = performance.now();
    const failure = await kind.run({ rounds, seed, previous: values.previous }, counts).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );
    if (failure instanceof NotPossibleHere) {
      rows.push(skipped(kind.name, failure.message));
      continue;
    }
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    const { kills, acknowledged, interrupted } = counts;
    const figures = [kills, acknowledged, interrupted].map(String);
    rows.push([kind.name, ...figures, seconds, failure === null ? 'none' : 'yes']);
    if (failure !== null) problems.push(`${kind.name}: ${failure.message}`);
    if (counts.note !== undefined) notes.push(`${kind.name}: ${counts.note}`);
  }
  const columns = ['kind', 'kills', 'acknowledged', 'interrupted', 'seconds', 'problems'];
  console.log(toText({ title: `Faults, seed ${seed}`, columns, rows, notes: [...problems, ...notes] }));
  if (problems.length > 0) process.exitCode = 1;
}

function skipped(name: string, reason: string): string[] {
  return [name, '-', '-', '-', '-', `skipped: ${reason}`];
}

await main();

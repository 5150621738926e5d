import fc from 'fast-check';
import { parseArgs } from 'node:util';
import { buildModels } from '../../models/build-models.js';
import { isErrorCode } from '../../src/errors.js';
import { mebibytes, toText } from '../bench/format.js';
import { fuzzSeeds, type FuzzSeed } from '../../test/support/pictures/fuzz-seeds.js';
import { PictureExaminer } from '../../test/support/pictures/picture-examiner.js';
import { mutated, mutations } from '../../test/support/pictures/picture-mutations.js';

const USAGE = `npm run fuzz -- [options]
  --cases <number>   damaged pictures for each format, 2000 by default
  --seed <number>    the same number damages the same way, 1 by default

Looks at damaged pictures in a process of its own. Ends with 1 when that dies, or answers with anything that is
neither a face nor a refusal of the picture.`;

interface Findings {
  readonly outcomes: Map<string, number>;
  worstMs: number;
  worstBytes: number;
  readonly faults: string[];
}

async function fuzz(seed: FuzzSeed, cases: number, seedNumber: number): Promise<Findings> {
  const picture = await seed.make();
  const findings: Findings = { outcomes: new Map(), worstMs: 0, worstBytes: 0, faults: [] };
  let examiner = await PictureExaminer.start();
  try {
    // The first pictures make the arenas of the models.
    for (let warm = 0; warm < 5; warm += 1) await examiner.examine(picture);
    for (const [place, changes] of fc.sample(mutations, { numRuns: cases, seed: seedNumber }).entries()) {
      try {
        const { outcome, processorMs, peakBytes } = await examiner.examine(
          mutated(picture, changes, seed.signature),
        );
        findings.outcomes.set(outcome, (findings.outcomes.get(outcome) ?? 0) + 1);
        findings.worstMs = Math.max(findings.worstMs, processorMs);
        findings.worstBytes = Math.max(findings.worstBytes, peakBytes);
        if (outcome !== 'FACE' && !isErrorCode(outcome)) findings.faults.push(`case ${place}: ${outcome}`);
      } catch (error) {
        findings.faults.push(`case ${place}: ${String(error)}`);
        await examiner.close();
        examiner = await PictureExaminer.start();
      }
    }
  } finally {
    await examiner.close();
  }
  return findings;
}

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  const [cases, seedNumber] = [Number(values.cases), Number(values.seed)];
  if (values.help || !Number.isInteger(cases) || !Number.isInteger(seedNumber)) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  await buildModels();
  const rows: string[][] = [];
  const faults: string[] = [];
  for (const seed of fuzzSeeds) {
    const findings = await fuzz(seed, cases, seedNumber);
    const counted = [...findings.outcomes].sort(([, one], [, two]) => two - one);
    rows.push([
      seed.format,
      String(cases),
      counted.map(([outcome, count]) => `${outcome} ${count}`).join(', '),
      findings.worstMs.toFixed(0),
      mebibytes(findings.worstBytes),
      String(findings.faults.length),
    ]);
    faults.push(...findings.faults.map((fault) => `${seed.format}, ${fault}`));
  }
  const columns = ['format', 'cases', 'outcomes', 'worst processor ms', 'worst MiB', 'faults'];
  console.log(toText({ title: `Damaged pictures, seed ${seedNumber}`, columns, rows, notes: faults }));
  if (faults.length > 0) process.exitCode = 1;
}

await main();

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { figure, mebibytes, spread } from './format.js';
import type { PeerFigures } from './peer-child.js';
import { engineNames, peersFolder } from './peer-engines.js';
import { runChild } from './run-child.js';
import type { BenchOptions, BenchSection, SectionResult } from './section.js';

async function run({ quick }: BenchOptions): Promise<SectionResult> {
  if (!existsSync(join(peersFolder, 'node_modules')))
    throw new Error('The peers are not installed: run "npm ci --prefix test/peers" first.');
  const all: PeerFigures[] = [];
  for (const name of engineNames)
    all.push(
      await runChild<PeerFigures>('test/bench/peer-child.ts', name, quick ? '5' : '60', quick ? '8' : '250'),
    );
  const ours = all[0]?.perFace.median ?? Number.NaN;
  const speed = {
    title: 'One face in a decoded 640×480 picture, to its embedding',
    columns: ['engine', 'ms', 'p95', 'times as long', 'load ms', 'peak memory MiB'],
    rows: all.map(({ name, perFace, loadMs, memoryPeak }) => [
      name,
      spread(perFace),
      figure(perFace.p95),
      figure(perFace.median / ours),
      figure(loadMs),
      mebibytes(memoryPeak),
    ]),
    notes: [
      'Each engine in a process of its own, one after the other; the peers on the WASM backend of TensorFlow.js.',
    ],
  };
  const percent = (part: number) => `${(100 * part).toFixed(1)} %`;
  const accurate = all.flatMap(({ name, accuracy }) => (accuracy === null ? [] : [{ name, ...accuracy }]));
  const accuracy = {
    title: 'The same pairs of pictures out of lfw-dev, 250×250',
    columns: [
      'engine',
      'right at the best threshold',
      'genuine accepted at 1 % false',
      'faces missed',
      'ms per picture',
    ],
    rows: accurate.map((one) => [
      one.name,
      percent(one.best),
      percent(one.acceptedAt1Percent),
      `${one.missed} of ${one.pictures}`,
      spread(one.perPicture),
    ]),
    notes: [
      `${accurate[0]?.genuinePairs ?? 0} genuine and ${accurate[0]?.impostorPairs ?? 0} impostor pairs; ` +
        'the face nearest to the middle counts, a missed face is a wrong answer.',
    ],
  };
  return { tables: accurate.length > 0 ? [speed, accuracy] : [speed], figures: { engines: all } };
}

/** What a Node team would otherwise pick, in the same run. */
export const peers: BenchSection = { name: 'peers', title: 'Side by side with other packages', run };

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lfwDev, type LfwPair } from '../../../test/support/pictures/lfw-dev.js';
import { figure, mebibytes, spread } from '../format.js';
import { engineNames, peersFolder } from './peer-engines.js';
import { PeerProcess } from './peer-process.js';
import type { PairFigures } from './peer-protocol.js';
import type { BenchOptions, BenchSection, SectionResult } from '../sections/section.js';
import { summarise, type Summary } from '../statistics.js';

/** Pictures in a turn of an engine. */
const TURN = 20;

/** Pictures of each turn whose time does not count: while the others worked, an engine has lost its caches. */
const WARM_UP = 5;

interface PeerFigures {
  readonly name: string;
  readonly loadMs: number;
  /** Milliseconds from a decoded 640×480 picture with one face to its embedding. */
  readonly perFace: Summary;
  /** Most resident memory of the process in bytes. */
  readonly memoryPeak: number;
  /** Null where the research pictures are absent. */
  readonly accuracy: (PairFigures & { readonly perPicture: Summary }) | null;
}

interface Contender {
  readonly process: PeerProcess;
  readonly name: string;
  readonly loadMs: number;
  readonly sceneTimes: number[];
  readonly pictureTimes: number[];
}

async function run({ quick }: BenchOptions): Promise<SectionResult> {
  if (!existsSync(join(peersFolder, 'node_modules')))
    throw new Error('The peers are not installed: run "npm ci --prefix tools/peers" first.');
  const contenders: Contender[] = [];
  try {
    for (const engine of engineNames) {
      const { process, loaded } = await PeerProcess.start(engine);
      contenders.push({ process, ...loaded, sceneTimes: [], pictureTimes: [] });
    }
    await embedScenesInTurns(contenders, quick ? 1 : 5);
    const pairs = choosePairs(quick ? 8 : 250);
    await embedPicturesInTurns(contenders, pictureNames(pairs));
    const all: PeerFigures[] = [];
    for (const contender of contenders) all.push(await figuresOf(contender, pairs));
    return resultOf(all, pairs);
  } finally {
    for (const { process } of contenders) process.stop();
  }
}

/** Whatever slows the machine down for a while slows all of them. */
async function embedScenesInTurns(contenders: readonly Contender[], turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) {
    for (const { process, sceneTimes } of contenders) {
      const times = await process.ask({ ask: 'embedScenes', runs: TURN });
      sceneTimes.push(...times.slice(WARM_UP));
    }
  }
}

async function embedPicturesInTurns(
  contenders: readonly Contender[],
  names: readonly string[],
): Promise<void> {
  for (let from = 0; from < names.length; from += TURN) {
    for (const { process, pictureTimes } of contenders) {
      const times = await process.ask({ ask: 'embedPictures', names: names.slice(from, from + TURN) });
      pictureTimes.push(...times.slice(WARM_UP));
    }
  }
}

function choosePairs(ofAKind: number): LfwPair[] {
  const all = lfwDev?.pairs() ?? [];
  return [true, false].flatMap((same) => all.filter((pair) => pair.same === same).slice(0, ofAKind));
}

function pictureNames(pairs: readonly LfwPair[]): string[] {
  return [...new Set(pairs.flatMap(({ first, second }) => [first, second]))];
}

async function figuresOf(contender: Contender, pairs: readonly LfwPair[]): Promise<PeerFigures> {
  const { process, name, loadMs, sceneTimes, pictureTimes } = contender;
  const accuracy =
    pairs.length === 0
      ? null
      : {
          ...(await process.ask({ ask: 'comparePairs', pairs })),
          perPicture: summarise(pictureTimes),
        };
  const memoryPeak = await process.ask({ ask: 'peakMemory' });
  return { name, loadMs, perFace: summarise(sceneTimes), memoryPeak, accuracy };
}

function resultOf(all: readonly PeerFigures[], pairs: readonly LfwPair[]): SectionResult {
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
      `Each engine in a process of its own, in turns of ${TURN} pictures, of which the first ${WARM_UP} are not timed; the peers on the WASM backend of TensorFlow.js.`,
    ],
  };
  const percent = (part: number) => `${(100 * part).toFixed(1)} %`;
  const accurate = all.flatMap(({ name, accuracy }) => (accuracy === null ? [] : [{ name, ...accuracy }]));
  const oursPerPicture = accurate[0]?.perPicture.median ?? Number.NaN;
  const pictures = pictureNames(pairs).length;
  const genuine = pairs.filter(({ same }) => same).length;
  const accuracy = {
    title: 'The same pairs of pictures out of lfw-dev, 250×250',
    columns: [
      'engine',
      'right at the best threshold',
      'genuine accepted at 1 % false',
      'faces missed',
      'ms per picture',
      'times as long',
    ],
    rows: accurate.map((one) => [
      one.name,
      percent(one.best),
      percent(one.acceptedAt1Percent),
      `${one.missed} of ${pictures}`,
      spread(one.perPicture),
      figure(one.perPicture.median / oursPerPicture),
    ]),
    notes: [
      `${genuine} genuine and ${pairs.length - genuine} impostor pairs; ` +
        'the face nearest to the middle counts, a missed face is a wrong answer.',
    ],
  };
  return { tables: accurate.length > 0 ? [speed, accuracy] : [speed], figures: { engines: all } };
}

/** What a Node team would otherwise pick, in the same run. */
export const peers: BenchSection = { name: 'peers', title: 'Side by side with other packages', run };

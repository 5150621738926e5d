import { loadConfig } from '../../../src/config/load-config.js';
import { FaceFinder } from '../../../src/faces/find/face-finder.js';
import { nearestFace, type LocatedFace } from '../../../src/faces/find/face-selection.js';
import { decodeShrunk, inspectImage } from '../../../src/faces/picture/image-source.js';
import { LivenessDetector, type LivenessScores } from '../../../src/faces/liveness-detector.js';
import { builtDetector } from '../../../src/models/chosen-model.js';
import { Pyramid } from '../../../src/faces/picture/pyramid.js';
import { StageClock } from '../../../src/faces/stage-clock.js';
import { lfwDev, lfwDevNeeded } from '../../../test/support/pictures/lfw-dev.js';
import { sampleFace, sampleFaces } from '../../../test/support/pictures/sample-faces.js';
import { spreadHead, spreadRow } from './bench-section.js';
import type { BenchSection, BenchTable } from './section.js';
import { simulatedAttacks, type SimulatedAttack } from './simulated-attacks.js';
import { quantile, timed } from '../statistics.js';

const usualThreshold = loadConfig({}).liveness.threshold;

const thresholds = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

type Scores = LivenessScores & { readonly both: number };

const columns = ['antispoof', 'livenessnet', 'both'] as const satisfies (keyof Scores)[];

interface Measured {
  readonly pictures: number;
  /** Scores of the pictures in which a face was found. */
  readonly scores: readonly Scores[];
}

/** What the liveness models say of genuine pictures, and of pictures that were made to look like pictures of pictures. */
export const liveness: BenchSection = {
  name: 'liveness',
  title: `Liveness: genuine pictures, SIMULATED attacks${lfwDevNeeded}`,
  async run({ quick }) {
    const finder = await FaceFinder.load(builtDetector, 1);
    const detector = await LivenessDetector.load(1);
    const every = (step: number) => (lfwDev?.names() ?? []).filter((_, place) => place % step === 0);
    const read = (name: string) => Promise.resolve(lfwDev?.picture(name) ?? Buffer.alloc(0));

    const measure = async (pictures: readonly (() => Promise<Buffer>)[]): Promise<Measured> => {
      const scores: Scores[] = [];
      for (const picture of pictures) {
        const found = await locate(finder, await picture());
        if (found === null) continue;
        const each = await detector.scores(found.pyramid, found.face);
        scores.push({ ...each, both: Math.min(each.antispoof, each.livenessnet) });
      }
      return { pictures: pictures.length, scores };
    };

    const web = await measure(every(quick ? 20 : 1).map((name) => () => read(name)));
    const samples = await measure(sampleFaces.map((name) => () => sampleFace(name)));
    const attacked = every(quick ? 100 : 8);
    const genuine = await measure(attacked.map((name) => () => read(name)));
    const attacks: [SimulatedAttack, Measured][] = [];
    for (const kind of Object.keys(simulatedAttacks) as SimulatedAttack[]) {
      const make = async (name: string) => simulatedAttacks[kind](await read(name));
      attacks.push([kind, await measure(attacked.map((name) => () => make(name)))]);
    }

    const speed = await time(finder, detector, quick ? 20 : 200);
    return {
      tables: [
        genuineTable('Genuine pictures from the web (lfw-dev); none was taken live', web),
        genuineTable('Genuine pictures of the demo photos', samples),
        attackTable(genuine, attacks),
        {
          title: 'Liveness of one face, one thread',
          columns: spreadHead,
          rows: [
            spreadRow('both models', speed.elapsed),
            spreadRow('  processor time, whatever else runs', speed.processor),
          ],
        },
      ],
      figures: { web, samples, genuine, attacks, speed },
    };
  },
};

async function locate(
  finder: FaceFinder,
  bytes: Buffer,
): Promise<{ pyramid: Pyramid; face: LocatedFace } | null> {
  const { picture } = await decodeShrunk(await inspectImage(bytes, 50_000_000), 1024);
  const pyramid = new Pyramid(picture.bitmap);
  const faces = await finder.find(pyramid, { everyFace: true, clock: new StageClock() });
  const face = nearestFace(faces, { x: picture.width / 2, y: picture.height / 2 });
  return face === undefined ? null : { pyramid, face };
}

/** Milliseconds of each run. */
async function time(
  finder: FaceFinder,
  detector: LivenessDetector,
  runs: number,
): Promise<{ elapsed: number[]; processor: number[] }> {
  const found = await locate(finder, await sampleFace('sample6-left'));
  if (found === null) throw new Error('The face of the benchmark was not found.');
  const processor: number[] = [];
  const warmUp = 5;
  const elapsed = await timed(runs, warmUp, async () => {
    const start = process.cpuUsage();
    await detector.score(found.pyramid, found.face);
    const { user, system } = process.cpuUsage(start);
    processor.push((user + system) / 1000);
  });
  return { elapsed, processor: processor.slice(warmUp) };
}

function genuineTable(title: string, { pictures, scores }: Measured): BenchTable {
  return {
    title,
    columns: ['model', '1 %', '5 %', 'median', '95 %', ...thresholds.map((value) => `refused at ${value}`)],
    rows: columns.map((column) => {
      const values = scores.map((score) => score[column]);
      const at = (fraction: number) => quantile(values, fraction).toFixed(2);
      const refused = thresholds.map((least) => percent(values, (value) => value < least));
      return [column, at(0.01), at(0.05), at(0.5), at(0.95), ...refused];
    }),
    notes: [`A face was found in ${scores.length} of ${pictures} pictures.`],
  };
}

function attackTable(genuine: Measured, attacks: readonly [SimulatedAttack, Measured][]): BenchTable {
  const row = (kind: string, { scores }: Measured): string[] => {
    const valuesOf = (column: keyof Scores) => scores.map((score) => score[column]);
    return [
      kind,
      `${scores.length}`,
      ...columns.map((column) => percent(valuesOf(column), (value) => value >= usualThreshold)),
      ...columns.map((column) =>
        higherShare(
          genuine.scores.map((score) => score[column]),
          valuesOf(column),
        ).toFixed(2),
      ),
    ];
  };
  return {
    title: `SIMULATED attacks: share that passes at ${usualThreshold}, and how often a genuine picture scores higher`,
    columns: [
      'kind',
      'faces',
      ...columns.map((column) => `${column} passes`),
      ...columns.map((column) => `genuine above, ${column}`),
    ],
    rows: [row('the pictures themselves', genuine), ...attacks.map(([kind, scores]) => row(kind, scores))],
    notes: [
      'Made by arithmetic from genuine pictures: no camera, screen or printer took part, so this is no APCER by ISO/IEC 30107-3.',
      '"Genuine above" is 0.5 for a model that guesses and 1 for one that never errs.',
    ],
  };
}

/** Share of pairs in which the first value is the higher one, ties counting half. */
function higherShare(first: readonly number[], second: readonly number[]): number {
  let higher = 0;
  for (const one of first) for (const other of second) higher += one > other ? 1 : one === other ? 0.5 : 0;
  return higher / (first.length * second.length);
}

function percent(values: readonly number[], holds: (value: number) => boolean): string {
  return `${((100 * values.filter(holds).length) / values.length).toFixed(1)} %`;
}

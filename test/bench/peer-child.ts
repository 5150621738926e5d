import sharp from 'sharp';
import { lfwDev } from '../support/lfw-dev.js';
import { sampleFaces } from '../support/sample-faces.js';
import { residentMemory } from './machine.js';
import { loadOurs } from './our-engine.js';
import { loadFaceApi, loadHuman, type Engine, type EngineName, type RgbPicture } from './peer-engines.js';
import { bestAccuracy, truePositives } from './pair-scores.js';
import { scene } from './scenes.js';
import { summarise, type Summary } from './statistics.js';

/** What `peer-child` prints. */
export interface PeerFigures {
  readonly name: string;
  readonly loadMs: number;
  /** Milliseconds from a decoded 640×480 picture with one face to its embedding. */
  readonly perFace: Summary;
  /** Most resident memory of the process in bytes. */
  readonly memoryPeak: number;
  /** Null where the research pictures are absent. */
  readonly accuracy: {
    readonly genuinePairs: number;
    readonly impostorPairs: number;
    readonly pictures: number;
    readonly missed: number;
    /** Milliseconds per picture of 250×250. */
    readonly perPicture: Summary;
    /** Of all pairs, at the threshold that is best for these pairs; a missed face is a wrong answer. */
    readonly best: number;
    /** Of the genuine pairs, at the threshold that 1 % of the impostor pairs reach. */
    readonly acceptedAt1Percent: number;
  } | null;
}

const loaders: Readonly<Record<EngineName, () => Promise<Engine>>> = {
  ours: loadOurs,
  'face-api-ssd': () => loadFaceApi('ssd'),
  'face-api-tiny': () => loadFaceApi('tiny'),
  human: loadHuman,
};

const [engineName = '', runs = '', pairsOfAKind = ''] = process.argv.slice(2);

async function decode(bytes: Buffer): Promise<RgbPicture> {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

async function speed(engine: Engine): Promise<Summary> {
  const pictures: RgbPicture[] = [];
  for (const face of sampleFaces.slice(-4)) pictures.push(await decode(await scene(face, '640×480')));
  const times: number[] = [];
  for (let run = -3; run < Number(runs); run++) {
    const picture = pictures[(run + 4) % pictures.length];
    if (picture === undefined) throw new Error('There are no pictures.');
    const start = performance.now();
    const embedding = await engine.embed(picture);
    if (embedding === null) throw new Error(`${engine.name} found no face in a picture of the benchmark.`);
    if (run >= 0) times.push(performance.now() - start);
  }
  return summarise(times);
}

async function accuracy(engine: Engine): Promise<PeerFigures['accuracy']> {
  if (lfwDev === null) return null;
  const all = lfwDev.pairs();
  const most = Number(pairsOfAKind);
  const pairs = [true, false].flatMap((same) => all.filter((pair) => pair.same === same).slice(0, most));
  const embeddings = new Map<string, ArrayLike<number> | null>();
  const times: number[] = [];
  for (const name of new Set(pairs.flatMap(({ first, second }) => [first, second]))) {
    const picture = await decode(lfwDev.picture(name));
    const start = performance.now();
    embeddings.set(name, await engine.embed(picture));
    times.push(performance.now() - start);
  }
  const scored = pairs.map(({ first, second, same }) => {
    const one = embeddings.get(first);
    const two = embeddings.get(second);
    return { same, score: one && two ? engine.compare(one, two) : null };
  });
  const genuinePairs = pairs.filter(({ same }) => same).length;
  return {
    genuinePairs,
    impostorPairs: pairs.length - genuinePairs,
    pictures: embeddings.size,
    missed: [...embeddings.values()].filter((embedding) => embedding === null).length,
    perPicture: summarise(times),
    best: bestAccuracy(scored),
    acceptedAt1Percent: truePositives(scored, 0.01),
  };
}

const load = loaders[engineName as EngineName] as (() => Promise<Engine>) | undefined;
if (load === undefined) throw new Error(`There is no engine "${engineName}".`);
const start = performance.now();
const engine = await load();
const loadMs = performance.now() - start;
const figures: PeerFigures = {
  name: engine.name,
  loadMs,
  perFace: await speed(engine),
  accuracy: await accuracy(engine),
  memoryPeak: residentMemory(process.pid).peak,
};
console.log(JSON.stringify(figures));
process.exit(0);

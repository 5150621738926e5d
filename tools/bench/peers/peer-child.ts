import sharp from 'sharp';
import { lfwDev, type LfwPair } from '../../../test/support/pictures/lfw-dev.js';
import { sampleFaces } from '../../../test/support/pictures/sample-faces.js';
import { residentMemory } from '../machine.js';
import { loadOurs } from './our-engine.js';
import { bestAccuracy, truePositives } from './pair-scores.js';
import { loadFaceApi, loadHuman, type Engine, type EngineName, type RgbPicture } from './peer-engines.js';
import type { PairFigures, PeerReplies, PeerRequest } from './peer-protocol.js';
import { scene } from '../scenes.js';

const loaders: Readonly<Record<EngineName, () => Promise<Engine>>> = {
  ours: loadOurs,
  'face-api-ssd': () => loadFaceApi('ssd'),
  'face-api-tiny': () => loadFaceApi('tiny'),
  human: loadHuman,
};

type Embedding = ArrayLike<number> | null;

async function decode(bytes: Buffer): Promise<RgbPicture> {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

async function timedEmbedding(engine: Engine, decoded: RgbPicture): Promise<[Embedding, number]> {
  const picture = engine.prepare(decoded);
  try {
    const start = performance.now();
    const embedding = await picture.embed();
    return [embedding, performance.now() - start];
  } finally {
    picture.free();
  }
}

async function embedScenes(engine: Engine, runs: number): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const decoded = scenes[run % scenes.length];
    if (decoded === undefined) throw new Error('There are no pictures.');
    const [embedding, time] = await timedEmbedding(engine, decoded);
    if (embedding === null) throw new Error(`${engine.name} found no face in a picture of the benchmark.`);
    times.push(time);
  }
  return times;
}

async function embedPictures(engine: Engine, names: readonly string[]): Promise<number[]> {
  if (lfwDev === null) throw new Error('The pictures of lfw-dev are absent.');
  const times: number[] = [];
  for (const name of names) {
    const [embedding, time] = await timedEmbedding(engine, await decode(lfwDev.picture(name)));
    embeddings.set(name, embedding);
    times.push(time);
  }
  return times;
}

function comparePairs(engine: Engine, pairs: readonly LfwPair[]): PairFigures {
  const scored = pairs.map(({ first, second, same }) => {
    const one = embeddings.get(first);
    const two = embeddings.get(second);
    return { same, score: one && two ? engine.compare(one, two) : null };
  });
  return {
    missed: [...embeddings.values()].filter((embedding) => embedding === null).length,
    best: bestAccuracy(scored),
    acceptedAt1Percent: truePositives(scored, 0.01),
  };
}

function answer(engine: Engine, request: PeerRequest): Promise<unknown> | PeerReplies[keyof PeerReplies] {
  switch (request.ask) {
    case 'embedScenes':
      return embedScenes(engine, request.runs);
    case 'embedPictures':
      return embedPictures(engine, request.names);
    case 'comparePairs':
      return comparePairs(engine, request.pairs);
    case 'peakMemory':
      return residentMemory(process.pid).peak;
  }
}

const load = loaders[process.argv[2] as EngineName] as (() => Promise<Engine>) | undefined;
if (load === undefined) throw new Error(`There is no engine "${process.argv[2] ?? ''}".`);
const start = performance.now();
const engine = await load();
const loadMs = performance.now() - start;
const embeddings = new Map<string, Embedding>();
const scenes: RgbPicture[] = [];
for (const face of sampleFaces.slice(-4)) scenes.push(await decode(await scene(face, '640×480')));

process.on('message', (request: PeerRequest) => {
  Promise.resolve(answer(engine, request)).then(
    (reply) => process.send?.(reply),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.send?.({ name: engine.name, loadMs } satisfies PeerReplies['loaded']);

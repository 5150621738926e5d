import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { OVERVIEW_SIDE } from '../../src/faces/face-pipeline.js';
import { decodeShrunk, inspectImage } from '../../src/faces/picture/image-source.js';
import { ServiceClient } from '../../test/support/service/service-client.js';
import { closedLoop, type PreparedRequest } from './closed-loop.js';
import { fillDatabase } from './sections/fill-database.js';
import { figure, mebibytes, spread } from './format.js';
import { MeasuredService } from './measured-service.js';
import { graphqlVerification, restVerification } from './prepared-requests.js';
import { scene, sceneFormats, sceneSizes, type SceneFormat, type SceneSize } from './scenes.js';
import type { BenchOptions, BenchSection, SectionResult } from './sections/section.js';
import { quantile, summarise, timed, type Summary } from './statistics.js';

const PEOPLE = 10_000;
const clientCounts = [1, 2, 8];
/** More clients than this find both workers taken: slow pictures would tell nothing new, but take minutes to tell it. */
const MANY_CLIENTS = 32;
const MAX_PIXELS = 50_000_000;
const CLAIMED = 'sample6-left';

interface ScenePicture {
  readonly size: SceneSize;
  readonly format: SceneFormat;
  readonly image: Buffer;
}

interface PictureFigures extends Omit<ScenePicture, 'image'> {
  readonly kibibytes: number;
}

interface Decoded extends PictureFigures {
  /** Milliseconds on one thread, to the picture that is searched for faces. */
  readonly decode: Summary;
}

interface Case extends PictureFigures {
  readonly interface: 'REST' | 'GraphQL';
  readonly request: PreparedRequest;
}

interface Measured extends Omit<Case, 'request'> {
  readonly clients: number;
  readonly perSecond: number;
  readonly slowestThird: number;
  readonly fastestThird: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly eventLoopP99: number;
  readonly answers: number;
  readonly refused: Readonly<Record<number, number>>;
}

async function takePictures({ quick }: BenchOptions): Promise<ScenePicture[]> {
  const pictures: ScenePicture[] = [];
  for (const size of Object.keys(sceneSizes) as SceneSize[])
    for (const format of quick ? (['jpeg'] as const) : sceneFormats)
      pictures.push({ size, format, image: await scene(CLAIMED, size, format) });
  return pictures;
}

function figuresOf({ size, format, image }: ScenePicture): PictureFigures {
  return { size, format, kibibytes: Math.round(image.length / 1024) };
}

function prepareCases(pictures: readonly ScenePicture[]): Case[] {
  return pictures.flatMap((picture): Case[] => [
    { ...figuresOf(picture), interface: 'REST', request: restVerification(CLAIMED, picture.image) },
    { ...figuresOf(picture), interface: 'GraphQL', request: graphqlVerification(CLAIMED, picture.image) },
  ]);
}

function clientNumbers({ size, format }: Case, { quick }: BenchOptions): readonly number[] {
  if (quick) return [1, 8];
  return size === '640×480' || format === 'jpeg' ? [...clientCounts, MANY_CLIENTS] : clientCounts;
}

async function measureDecoding(
  pictures: readonly ScenePicture[],
  { quick }: BenchOptions,
): Promise<Decoded[]> {
  const decoded: Decoded[] = [];
  for (const picture of pictures) {
    const once = async () => decodeShrunk(await inspectImage(picture.image, MAX_PIXELS), OVERVIEW_SIDE);
    decoded.push({ ...figuresOf(picture), decode: summarise(await timed(quick ? 2 : 20, 1, once)) });
  }
  return decoded;
}

async function measure(
  service: MeasuredService,
  { request, ...picture }: Case,
  clients: number,
  { quick }: BenchOptions,
): Promise<Measured> {
  const { address } = service;
  await closedLoop(request, { address, clients, seconds: 0, minAnswers: 4 });
  await service.figures();
  const run = { address, clients, seconds: quick ? 0.3 : 4, minAnswers: quick ? 3 : 20 };
  const { latencies, rates, refused } = await closedLoop(request, run);
  const { eventLoopP99 } = await service.figures();
  const { median: p50, p95, p99 } = summarise(latencies);
  return {
    ...picture,
    clients,
    perSecond: quantile(rates, 0.5),
    slowestThird: Math.min(...rates),
    fastestThird: Math.max(...rates),
    p50,
    p95,
    p99,
    eventLoopP99,
    answers: latencies.length,
    refused,
  };
}

async function run(options: BenchOptions): Promise<SectionResult> {
  const folder = await mkdtemp(join(tmpdir(), 'facial-verification-bench-'));
  try {
    const pictures = await takePictures(options);
    const decoding = await measureDecoding(pictures, options);
    const empty = await MeasuredService.start(join(folder, 'empty'));
    await pause(1000);
    const emptyMemory = empty.memory().now;
    await empty.stop();

    const dataDir = join(folder, 'filled');
    await fillDatabase(dataDir, PEOPLE, 128);
    // The largest PNG is larger than the default limit.
    const service = await MeasuredService.start(dataDir, { MAX_IMAGE_BYTES: '67108864' });
    await pause(1000);
    const atRest = service.memory().now;
    const client = new ServiceClient(service.address);
    await client.registerOverRest(CLAIMED, await scene(CLAIMED, '640×480'));

    const cases = prepareCases(pictures);
    // A service just started still compiles.
    for (const { request } of cases.slice(0, 2))
      await closedLoop(request, {
        address: service.address,
        clients: 8,
        seconds: options.quick ? 0 : 10,
        minAnswers: 4,
      });
    const measured: Measured[] = [];
    let underLoad = 0;
    for (const one of cases) {
      for (const clients of clientNumbers(one, options)) {
        measured.push(await measure(service, one, clients, options));
        if (one.size === '640×480' && one.format === 'jpeg')
          underLoad = Math.max(underLoad, service.memory().now);
      }
    }
    await pause(1000);
    const { now: afterAll, peak } = service.memory();
    await service.stop();
    const process = {
      startMs: empty.startMs,
      startWithPeopleMs: service.startMs,
      memoryEmpty: emptyMemory,
      memoryAtRest: atRest,
      memoryUnderLoad: underLoad,
      memoryAfterAll: afterAll,
      memoryPeak: peak,
    };
    return {
      tables: [processTable(process), decodingTable(decoding), ...loadTables(measured)],
      figures: { process, decoding, load: measured },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function processTable(figures: Readonly<Record<string, number>>) {
  const milliseconds = (name: string) => `${figure(figures[name] ?? Number.NaN)} ms`;
  const memory = (name: string) => `${mebibytes(figures[name] ?? Number.NaN)} MiB`;
  return {
    title: 'The process, two face workers',
    columns: ['what', 'figure'],
    rows: [
      ['start to ready, nobody registered', milliseconds('startMs')],
      [`start to ready, ${PEOPLE} people`, milliseconds('startWithPeopleMs')],
      ['resident memory at rest, nobody registered', memory('memoryEmpty')],
      [`resident memory at rest, ${PEOPLE} people`, memory('memoryAtRest')],
      [
        'resident memory under load, 640×480 JPEG, 1 to 32 clients (target 500 MB)',
        memory('memoryUnderLoad'),
      ],
      ['resident memory a second after every load below', memory('memoryAfterAll')],
      ['most resident memory ever', memory('memoryPeak')],
    ],
  };
}

function decodingTable(decoded: readonly Decoded[]) {
  return {
    title: 'Decoding alone, one thread',
    columns: ['size', 'format', 'KiB', 'decode ms', 'p95'],
    rows: decoded.map(({ size, format, kibibytes, decode }) => [
      size,
      format,
      String(kibibytes),
      spread(decode),
      figure(decode.p95),
    ]),
    notes: [`To at most ${OVERVIEW_SIDE} pixels a side; a small face is decoded again in more detail.`],
  };
}

function loadTables(measured: readonly Measured[]) {
  const refusals = (refused: Measured['refused']) =>
    Object.entries(refused)
      .map(([status, count]) => `${count} × ${status}`)
      .join(', ');
  const columns = [
    'size',
    'format',
    'KiB',
    'clients',
    'verifications/s (thirds of the run)',
    'p50 ms',
    'p95',
    'p99',
  ];
  return (['REST', 'GraphQL'] as const).map((name) => ({
    title: `Verifications over HTTP, ${name}, ${PEOPLE} people registered, two face workers`,
    columns: [...columns, 'event loop p99 ms', 'answers', 'refused'],
    rows: measured
      .filter((one) => one.interface === name)
      .map((one) => [
        one.size,
        one.format,
        String(one.kibibytes),
        String(one.clients),
        `${figure(one.perSecond)} (${figure(one.slowestThird)} to ${figure(one.fastestThird)})`,
        figure(one.p50),
        figure(one.p95),
        figure(one.p99),
        figure(one.eventLoopP99),
        String(one.answers),
        refusals(one.refused),
      ]),
    notes: [
      `${MANY_CLIENTS} clients only with pictures that are decoded quickly: with more than 8 the others only wait longer.`,
      'Client and service share the machine. The event loop is looked at every millisecond; its figure holds that one.',
    ],
  }));
}

/** The compiled service in a process of its own, asked over sockets. */
export const httpLoad: BenchSection = { name: 'http', title: 'End to end over HTTP', run };

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillDatabase } from './fill-database.js';
import { figure, mebibytes, spread } from '../format.js';
import type { GalleryFigures } from './gallery-child.js';
import { growthPlot } from './growth-plot.js';
import { memoryBandwidth } from '../memory-bandwidth.js';
import { runChild } from '../run-child.js';
import type { BenchOptions, BenchSection, SectionResult } from './section.js';

const DIMENSION = 128;
const threadCounts = [1, 2] as const;

interface Measured extends GalleryFigures {
  readonly people: number;
  readonly threads: number;
}

async function measure({ quick }: BenchOptions): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const people of quick ? [1000, 10_000] : [10_000, 100_000, 1_000_000]) {
    const folder = await mkdtemp(join(tmpdir(), 'facial-verification-bench-'));
    try {
      await fillDatabase(folder, people, DIMENSION);
      for (const threads of threadCounts) {
        const searches = quick ? 20 : 200;
        const values = [folder, people, threads, searches].map(String);
        const figures = await runChild<GalleryFigures>('tools/bench/sections/gallery-child.ts', ...values);
        measured.push({ people, threads, ...figures });
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return measured;
}

async function run(options: BenchOptions): Promise<SectionResult> {
  const runs = options.quick ? 3 : 20;
  const bandwidth = { 1: await memoryBandwidth(1, runs), 2: await memoryBandwidth(2, runs) };
  const measured = await measure(options);
  const gibibytesPerSecond = ({ people, search }: Measured) =>
    (people * DIMENSION * 4) / 2 ** 30 / (search.median / 1000);
  const table = {
    title: 'The closest of everybody, exactly: templates of 128 dimensions, as a verification searches them',
    columns: [
      'people',
      'threads',
      'search ms',
      'p99',
      'GiB/s',
      'of bandwidth',
      'load ms',
      'memory MiB',
      'peak MiB',
    ],
    rows: measured.map((one) => [
      one.people.toLocaleString('en'),
      String(one.threads),
      spread(one.search),
      figure(one.search.p99),
      figure(gibibytesPerSecond(one)),
      `${((100 * gibibytesPerSecond(one)) / bandwidth[one.threads === 1 ? 1 : 2].median).toFixed(0)} %`,
      figure(one.loadMs),
      mebibytes(one.memory),
      mebibytes(one.memoryPeak),
    ]),
    notes: [
      `Memory bandwidth measured in the same run, reading: ${spread(bandwidth[1])} GiB/s with one thread, ` +
        `${spread(bandwidth[2])} GiB/s with two. Galleries that fit into a cache are read faster than that.`,
      'Search: revision clock of the database, call of the gallery thread, search. Load: all templates out of SQLite.',
    ],
  };
  const lines = threadCounts.map((threads) => ({
    name: threads === 1 ? '1 thread' : `${threads} threads`,
    points: measured
      .filter((one) => one.threads === threads)
      .map(({ people, search }) => ({ x: people, y: search.median })),
  }));
  const load = {
    name: 'load at start',
    points: measured
      .filter(({ threads }) => threads === 2)
      .map(({ people, loadMs }) => ({ x: people, y: loadMs })),
  };
  const plot = growthPlot([...lines, load], {
    title: 'Cost of exact 1:N search',
    xName: 'people registered',
    yName: 'milliseconds',
  });
  return {
    tables: [table],
    figures: { bandwidthGibibytesPerSecond: bandwidth, search: measured },
    pictures: { 'gallery-growth.svg': plot },
  };
}

/** Exact search over many people, in processes of their own. */
export const gallerySearch: BenchSection = { name: 'gallery', title: '1:N search', run };

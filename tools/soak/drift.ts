import type { Sample } from './sample.js';

/** Whether one measure stays where it is. */
export interface Drift {
  readonly flat: boolean;
  readonly sentence: string;
}

/** Most that a measure may grow over the two last thirds of a run, by its fitted line. */
const bounds = [
  { name: 'Resident memory', unit: 'MiB', bound: 40, of: ({ rssBytes }: Sample) => rssBytes / 2 ** 20 },
  { name: 'Threads', unit: '', bound: 2, of: ({ threads }: Sample) => threads },
  { name: 'Open files', unit: '', bound: 8, of: ({ openFiles }: Sample) => openFiles },
  { name: 'Files in tmp', unit: '', bound: 4, of: ({ temporaryFiles }: Sample) => temporaryFiles },
] as const;

/** Measures after the first third, in which caches and arenas fill. */
export function driftOf(samples: readonly Sample[]): Drift[] {
  const settled = samples.slice(Math.ceil(samples.length / 3));
  return bounds.map(({ name, unit, bound, of }) => {
    const growth = growthOf(
      settled.map(({ at }) => at),
      settled.map(of),
    );
    const flat = growth <= bound;
    const sentence = `${name}: ${growth.toFixed(1)} ${unit} over the last two thirds, ${flat ? 'within' : 'ABOVE'} the bound of ${bound}.`;
    return { flat, sentence: sentence.replace('  ', ' ') };
  });
}

/** Rise of the least-squares line from the first time to the last. */
export function growthOf(times: readonly number[], measured: readonly number[]): number {
  const meanTime = mean(times);
  const meanMeasured = mean(measured);
  let covariance = 0;
  let variance = 0;
  for (const [place, time] of times.entries()) {
    covariance += (time - meanTime) * ((measured[place] ?? NaN) - meanMeasured);
    variance += (time - meanTime) ** 2;
  }
  if (variance === 0) return 0;
  return (covariance / variance) * ((times.at(-1) ?? 0) - (times[0] ?? 0));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

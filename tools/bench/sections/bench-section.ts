/** One part of `npm run bench`; it gives the rows of a table, the first row being its head. */
export interface BenchSection {
  readonly title: string;
  run(): Promise<readonly (readonly string[])[]>;
}

/** Milliseconds of repeated runs. */
export interface Spread {
  readonly median: number;
  /** Tenth and ninetieth percentile. */
  readonly p10: number;
  readonly p90: number;
}

export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((one, two) => one - two);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? NaN;
  return { median: at(0.5), p10: at(0.1), p90: at(0.9) };
}

/** Head of the rows made by {@link spreadRow}. */
export const spreadHead = ['stage', 'median ms', 'p10', 'p90'] as const;

export function spreadRow(name: string, samples: readonly number[]): string[] {
  const { median, p10, p90 } = spreadOf(samples);
  return [name, ...[median, p10, p90].map((value) => value.toFixed(2))];
}

/** Runs the work over and over; the first runs only warm up. */
export async function timed(work: () => unknown, runs: number, warmUp = 5): Promise<number[]> {
  const samples: number[] = [];
  for (let run = -warmUp; run < runs; run++) {
    const start = performance.now();
    await work();
    if (run >= 0) samples.push(performance.now() - start);
  }
  return samples;
}

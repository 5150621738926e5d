/** What is quoted of repeated measurements, in their unit. */
export interface Summary {
  readonly count: number;
  readonly median: number;
  /** First and third quartile: half of the measurements lie between them. */
  readonly q1: number;
  readonly q3: number;
  readonly p95: number;
  readonly p99: number;
}

/** Linear between the two nearest ranks. @param fraction 0 to 1. @returns NaN for no values. */
export function quantile(values: ArrayLike<number>, fraction: number): number {
  const sorted = Float64Array.from(values).sort();
  const rank = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(rank)] ?? Number.NaN;
  const above = sorted[Math.ceil(rank)] ?? Number.NaN;
  return below + (above - below) * (rank % 1);
}

export function summarise(values: ArrayLike<number>): Summary {
  const at = (fraction: number) => quantile(values, fraction);
  return { count: values.length, median: at(0.5), q1: at(0.25), q3: at(0.75), p95: at(0.95), p99: at(0.99) };
}

/** Milliseconds that each of `count` runs took, after `warmUp` runs that are not counted. */
export async function timed(count: number, warmUp: number, work: () => unknown): Promise<number[]> {
  for (let run = 0; run < warmUp; run++) await work();
  const times: number[] = [];
  for (let run = 0; run < count; run++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times;
}

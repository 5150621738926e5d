import type { Registry } from 'prom-client';

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  /** For the parts of a histogram. */
  readonly metricName?: string;
}

async function read(registry: Registry, name: string): Promise<readonly Sample[]> {
  const metric = (await registry.getMetricsAsJSON()).find((one) => one.name === name);
  if (metric === undefined) throw new Error(`There is no metric ${name}.`);
  return metric.values as readonly Sample[];
}

/** Labels and value of every sample of a metric, in the order of their first appearance. */
export async function samplesOf(registry: Registry, name: string): Promise<[Sample['labels'], number][]> {
  return (await read(registry, name)).map(({ labels, value }) => [labels, value]);
}

/** The sample with exactly these labels, 0 when there is none. @param part of a histogram. */
export async function valueOf(
  registry: Registry,
  name: string,
  labels: Readonly<Record<string, unknown>>,
  part?: string,
): Promise<number> {
  const wanted = JSON.stringify(Object.entries(labels).sort());
  const found = (await read(registry, name)).find(
    (sample) =>
      JSON.stringify(Object.entries(sample.labels).sort()) === wanted &&
      (part === undefined || sample.metricName === part),
  );
  return found?.value ?? 0;
}

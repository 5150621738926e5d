import { ServiceMetrics } from './service-metrics.js';

/** The service's own metrics as a Markdown table: name, type, labels, meaning. */
export async function metricsTable(): Promise<string> {
  const metrics = new ServiceMetrics();
  metrics.watchPool({ waiting: 0, running: 0, threads: 0 });
  metrics.watchGallery({ size: 0, revision: 0 });
  metrics.watchUploads({ used: 0 });
  metrics.watchClock({ differenceSeconds: 0 });
  const described = await metrics.registry.getMetricsAsJSON();
  const labels = new Map(
    metrics.registry
      .getMetricsAsArray()
      .map((metric) => [metric.name, 'labelNames' in metric ? (metric.labelNames as readonly string[]) : []]),
  );
  const rows = described.map(({ name, type, help }) => {
    const shown = (labels.get(name) ?? []).map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${type.toString()} | ${shown} | ${help} |`;
  });
  return ['| metric | type | labels | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

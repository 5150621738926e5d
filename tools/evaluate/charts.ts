import type { DetPoint } from './error-rates.js';

const WIDTH = 760;
const HEIGHT = 520;
const margin = { left: 80, right: 30, top: 50, bottom: 65 };
const plot = { width: WIDTH - margin.left - margin.right, height: HEIGHT - margin.top - margin.bottom };

interface Axis {
  readonly title: string;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  /** SVG elements in pixels of the page. */
  readonly content: string;
}

/** Places in 0 to 1, from the left and from the bottom, to pixels of the page. */
function pixel(x: number, y: number): string {
  return `${(margin.left + x * plot.width).toFixed(1)},${(margin.top + (1 - y) * plot.height).toFixed(1)}`;
}

function draw({ title, x, y, content }: Chart): string {
  const bottom = margin.top + plot.height;
  const vertical = x.ticks.map(({ at, label }) => {
    const left = margin.left + at * plot.width;
    return `<path d="M${left} ${margin.top}V${bottom}" class="grid"/><text x="${left}" y="${bottom + 20}" text-anchor="middle">${label}</text>`;
  });
  const horizontal = y.ticks.map(({ at, label }) => {
    const top = margin.top + (1 - at) * plot.height;
    return `<path d="M${margin.left} ${top}h${plot.width}" class="grid"/><text x="${margin.left - 8}" y="${top + 4}" text-anchor="end">${label}</text>`;
  });
  const middle = margin.top + plot.height / 2;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" fill="#222">
<style>.grid{stroke:#ddd;fill:none}.frame{stroke:#888;fill:none}.impostor{fill:#d1495b;fill-opacity:.55}.genuine{fill:#2a7f9e;fill-opacity:.55}.line{stroke:#2a7f9e;stroke-width:2;fill:none}</style>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${WIDTH / 2}" y="28" text-anchor="middle" font-size="16">${title}</text>
${[...vertical, ...horizontal].join('\n')}
<rect x="${margin.left}" y="${margin.top}" width="${plot.width}" height="${plot.height}" class="frame"/>
${content}
<text x="${margin.left + plot.width / 2}" y="${HEIGHT - 16}" text-anchor="middle">${x.title}</text>
<text x="22" y="${middle}" text-anchor="middle" transform="rotate(-90 22 ${middle})">${y.title}</text>
</svg>
`;
}

const LEAST_FMR_EXPONENT = -6;
const LEAST_FNMR_EXPONENT = -3;

/** Detection error trade-off, both axes logarithmic. */
export function detChart(title: string, curve: readonly DetPoint[]): string {
  const points = curve
    .filter(({ fmr }) => fmr > 0)
    .map(({ fmr, fnmr }) => pixel(logPlace(fmr, LEAST_FMR_EXPONENT), logPlace(fnmr, LEAST_FNMR_EXPONENT)));
  return draw({
    title,
    x: { title: 'False match rate', ticks: logTicks(LEAST_FMR_EXPONENT) },
    y: { title: 'False non-match rate', ticks: logTicks(LEAST_FNMR_EXPONENT) },
    content: `<polyline points="${withoutRepeats(points).join(' ')}" class="line"/>`,
  });
}

function logPlace(value: number, leastExponent: number): number {
  return Math.max(0, 1 - Math.log10(Math.max(value, 10 ** leastExponent)) / leastExponent);
}

function logTicks(leastExponent: number): Axis['ticks'] {
  return Array.from({ length: 1 - leastExponent }, (_, index) => ({
    at: 1 + index / leastExponent,
    label: index === 0 ? '1' : (10 ** -index).toExponential(0),
  }));
}

function withoutRepeats(points: readonly string[]): string[] {
  return points.filter((point, index) => point !== points[index - 1]);
}

export interface HistogramSeries {
  /** Counts of equal parts of the range. */
  readonly genuine: readonly number[];
  readonly impostor: readonly number[];
  readonly from: number;
  readonly to: number;
}

/** Both kinds of comparisons, each as parts of its own number. */
export function histogramChart(title: string, { genuine, impostor, from, to }: HistogramSeries): string {
  const series = { impostor: shares(impostor), genuine: shares(genuine) };
  const highest = Math.max(...series.impostor, ...series.genuine, Number.MIN_VALUE);
  const areas = Object.entries(series).map(([kind, parts]) => {
    const steps = parts.flatMap((share, index) => [
      pixel(index / parts.length, share / highest),
      pixel((index + 1) / parts.length, share / highest),
    ]);
    return `<polygon points="${pixel(0, 0)} ${steps.join(' ')} ${pixel(1, 0)}" class="${kind}"/>`;
  });
  const legend = Object.keys(series).map((kind, index) => {
    const top = margin.top + 14 + index * 22;
    return `<rect x="${margin.left + 14}" y="${top}" width="14" height="14" class="${kind}"/><text x="${margin.left + 34}" y="${top + 12}">${kind}</text>`;
  });
  const tick = (at: number, label: string) => ({ at, label });
  return draw({
    title,
    x: {
      title: 'Cosine of the two templates',
      ticks: fifths.map((at) => tick(at, (from + at * (to - from)).toFixed(2))),
    },
    y: {
      title: 'Part of the comparisons of its kind',
      ticks: fifths.map((at) => tick(at, `${(at * highest * 100).toFixed(1)} %`)),
    },
    content: [...areas, ...legend].join('\n'),
  });
}

const fifths = [0, 0.2, 0.4, 0.6, 0.8, 1];

function shares(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total === 0 ? 0 : count / total));
}

export interface PlotLine {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface PlotOptions {
  readonly title: string;
  readonly xName: string;
  readonly yName: string;
}

const WIDTH = 640;
const HEIGHT = 400;
const margin = { left: 70, right: 130, top: 40, bottom: 50 };
const colours = ['#0b62a4', '#c8500a', '#7a7a7a'];

/** Both axes logarithmic, as an SVG picture; every value must be above 0. */
export function growthPlot(lines: readonly PlotLine[], { title, xName, yName }: PlotOptions): string {
  const all = lines.flatMap(({ points }) => points);
  const x = axis(
    all.map((point) => point.x),
    margin.left,
    WIDTH - margin.right,
  );
  const y = axis(
    all.map((point) => point.y),
    HEIGHT - margin.bottom,
    margin.top,
  );
  const text = (left: number, top: number, words: string, more = '') =>
    `<text x="${left.toFixed(1)}" y="${top.toFixed(1)}" ${more}>${words}</text>`;
  const rule = (x1: number, y1: number, x2: number, y2: number) =>
    `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="#ddd"/>`;
  const bottom = HEIGHT - margin.bottom;
  const right = WIDTH - margin.right;
  const grid = [
    ...x.decades.flatMap((value) => [
      rule(x.at(value), margin.top, x.at(value), bottom),
      text(x.at(value), bottom + 18, value.toLocaleString('en'), 'text-anchor="middle"'),
    ]),
    ...y.decades.flatMap((value) => [
      rule(margin.left, y.at(value), right, y.at(value)),
      text(margin.left - 8, y.at(value) + 4, String(value), 'text-anchor="end"'),
    ]),
  ];
  const curves = lines.flatMap(({ name, points }, index) => {
    const colour = colours[index % colours.length] ?? '#000';
    const path = points.map((point) => `${x.at(point.x).toFixed(1)},${y.at(point.y).toFixed(1)}`);
    const last = points.at(-1) ?? { x: 1, y: 1 };
    return [
      `<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...path.map((place) => {
        const [cx = '', cy = ''] = place.split(',');
        return `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`;
      }),
      text(
        x.at(last.x) + 8,
        y.at(last.y) + 4 + 14 * (index - (lines.length - 1) / 2),
        name,
        `fill="${colour}"`,
      ),
    ];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(WIDTH / 2, 22, title, 'text-anchor="middle" font-size="15"'),
    ...grid,
    text((margin.left + right) / 2, HEIGHT - 10, xName, 'text-anchor="middle"'),
    text(0, 0, yName, `text-anchor="middle" transform="translate(16 ${HEIGHT / 2}) rotate(-90)"`),
    ...curves,
    '</svg>\n',
  ].join('\n');
}

/** Whole decades around the values, laid out between two places. */
function axis(values: readonly number[], from: number, to: number) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  return {
    decades: Array.from({ length: high - low + 1 }, (_, step) => Number(`1e${low + step}`)),
    at: (value: number) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
  };
}

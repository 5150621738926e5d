import type { BenchTable } from './sections/section.js';
import type { Summary } from './statistics.js';

/** Three significant digits for small figures, whole numbers for large ones. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-';
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** Median with the first and third quartile, for example `12.1 (11.8 to 12.9)`. */
export function spread({ median, q1, q3 }: Summary): string {
  return `${figure(median)} (${figure(q1)} to ${figure(q3)})`;
}

export function mebibytes(bytes: number): string {
  return figure(bytes / 2 ** 20);
}

/** For a terminal: columns padded to their widest cell. */
export function toText({ title, columns, rows, notes = [] }: BenchTable): string {
  const lines = [columns, ...rows];
  const widths = columns.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const body = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [`\n${title}`, ...body, ...notes].join('\n');
}

export function toMarkdown({ title, columns, rows, notes = [] }: BenchTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
  return [`#### ${title}`, table, ...notes].join('\n\n');
}

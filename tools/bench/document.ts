import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { projectRoot } from '../../src/project-root.js';
import { toMarkdown } from './format.js';
import type { BenchSection, SectionResult } from './sections/section.js';

const folder = join(projectRoot, 'docs');
const file = join(folder, 'benchmarks.md');

/** Replaces what docs/benchmarks.md says about one section, between its two marks; the rest is written by hand. */
export async function document(
  { name, title }: BenchSection,
  circumstances: string,
  result: SectionResult,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const pictures = Object.entries(result.pictures ?? {}).map(([picture, svg]) => {
    writeFileSync(join(folder, picture), svg);
    return `![${title}](${picture})`;
  });
  const begin = `<!-- results of: npm run bench -- --only ${name} --document -->`;
  const end = `<!-- end of ${name} -->`;
  const body = [`### ${title}`, circumstances, ...result.tables.map(toMarkdown), ...pictures].join('\n\n');
  const block = `${begin}\n\n${body}\n\n${end}`;
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '# Benchmarks\n';
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  const replaced =
    from >= 0 && to > from
      ? text.slice(0, from) + block + text.slice(to + end.length)
      : `${text.trimEnd()}\n\n${block}\n`;
  writeFileSync(file, await format(replaced, { ...(await resolveConfig(file)), filepath: file }));
}

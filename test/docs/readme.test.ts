import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { withConfigurationTable } from '../../src/config/config-table.js';
import { withGeneratedPart } from '../../src/generated-part.js';
import { metricsTable } from '../../src/metrics/metrics-table.js';
import { projectRoot } from '../../src/project-root.js';

const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');

function markdownIn(folder: string): string[] {
  return readdirSync(join(projectRoot, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

test('the configuration table is the one that the code gives (npm run generate)', () => {
  expect(withConfigurationTable(readme)).toBe(readme);
  expect(readme).toContain('| `MAX_IMAGE_BYTES` | `10485760` |');
});

test('the table of metrics is the one that the code gives (npm run generate)', async () => {
  const operations = readFileSync(join(projectRoot, 'docs/operations.md'), 'utf8');
  const table = await metricsTable();
  expect(withGeneratedPart(operations, 'metrics', table)).toBe(operations);
  expect(table).toContain('| `face_operations_total` | counter | `operation`, `interface`, `outcome` |');
});

test('every metric that the advice on alerts names exists', async () => {
  const known = await metricsTable();
  const operations = readFileSync(join(projectRoot, 'docs/operations.md'), 'utf8');
  const named = [...operations.matchAll(/\bface_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, ''));
  expect(named).toContain('face_stage_duration_seconds');
  for (const name of named) if (name !== 'face_build_info') expect(known, name).toContain(`\`${name}\``);
});

test('every promise in SECURITY.md names tests, and every file named there exists', () => {
  const text = readFileSync(join(projectRoot, 'SECURITY.md'), 'utf8');
  const [, promises = ''] = /## What is promised\n([\s\S]*?)\n## /.exec(text) ?? [];
  const rows = promises.split('\n').filter((line) => /^\| (?!promised|-)/.test(line));
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) expect(row).toMatch(/`test\/[^`]+\.test\.ts`/);
  for (const [, file = ''] of text.matchAll(/`((?:test|src|scripts|docs)\/[^`]+)`/g))
    expect(existsSync(join(projectRoot, file)), file).toBe(true);
});

test('every file that the documents link to exists', () => {
  const documents = [...markdownIn('.'), ...markdownIn('docs'), ...markdownIn('models')];
  expect(documents).toContain('README.md');
  for (const document of documents) {
    const text = readFileSync(join(projectRoot, document), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      const file = join(projectRoot, dirname(document), target);
      expect(existsSync(file), `${document} links to ${target}`).toBe(true);
    }
  }
});

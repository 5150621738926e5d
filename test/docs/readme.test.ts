import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { withConfigurationTable } from '../../src/config-table.js';
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

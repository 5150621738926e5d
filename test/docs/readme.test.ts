import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { withConfigurationTable } from '../../src/config-table.js';
import { projectRoot } from '../../src/project-root.js';

const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');

test('the configuration table is the one that the code gives (npm run generate)', () => {
  expect(withConfigurationTable(readme)).toBe(readme);
  expect(readme).toContain('| `MAX_IMAGE_BYTES` | `10485760` |');
});

test('every file that the documents link to exists', () => {
  for (const document of ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md']) {
    const text = readFileSync(join(projectRoot, document), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      expect(() => readFileSync(join(projectRoot, target)), `${document} links to ${target}`).not.toThrow();
    }
  }
});

import { everyItem } from '../pages.js';
import type { Vault } from '../protection/vault.js';
import type { Database } from '../database/database.js';
import type { Finding } from './finding.js';

const PAGE_SIZE = 1000;

/** Looks for templates that do not open: damaged, or copied from another row. */
export async function* checkTemplates(
  { protection }: Pick<Database, 'protection'>,
  vault: Vault,
): AsyncIterable<Finding> {
  const templates = everyItem(
    (after: string | undefined) => protection.templates({ first: PAGE_SIZE, after }),
    ({ templateId }) => templateId,
  );
  for await (const row of templates)
    if (vault.openTemplates([row]).length === 0)
      yield {
        problem: `Template ${row.templateId} does not open: it is damaged, or was moved from another row`,
        remedy: 'delete the user and register them again, or restore a backup',
      };
}

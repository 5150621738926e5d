import type { Vault } from '../protection/vault.js';
import type { Database } from '../users/user-repository.js';
import type { Finding } from './finding.js';

const pageSize = 1000;

/** Looks for templates that do not open: damaged, or copied from another row. */
export async function* checkTemplates(
  { protection }: Pick<Database, 'protection'>,
  vault: Vault,
): AsyncIterable<Finding> {
  let after = '';
  for (;;) {
    const page = await protection.templates({ first: pageSize, after });
    for (const row of page)
      if (vault.openTemplates([row]).length === 0)
        yield {
          problem: `Template ${row.templateId} does not open: it is damaged, or was moved from another row`,
          remedy: 'delete the user and register anew, or restore a backup',
        };
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.templateId;
  }
}

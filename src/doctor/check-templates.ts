import { everyItem } from '../pages.js';
import type { SealedTemplate, Vault } from '../protection/vault.js';
import type { Database } from '../database/database.js';
import type { Finding } from './finding.js';

const PAGE_SIZE = 1000;

/** Looks for templates that do not open: under an unknown master key, damaged, or copied from another row. */
export async function* checkTemplates(
  { protection }: Pick<Database, 'protection'>,
  vault: Vault,
): AsyncIterable<Finding> {
  for (const { id, users } of await protection.masterKeys())
    if (users > 0 && vault.masterKey(id) === undefined)
      yield {
        problem: `${users} users are protected with the master key ${id}, which is not configured here`,
        remedy: 'add the key to MASTER_KEYS or to the key file of every node, and restart them',
      };
  const templates = everyItem(
    (after: string | undefined) => protection.templates({ first: PAGE_SIZE, after }),
    ({ templateId }) => templateId,
  );
  for await (const row of templates)
    if (hasKey(vault, row) && vault.openTemplates([row]).length === 0)
      yield {
        problem: `Template ${row.templateId} does not open: it is damaged, or was moved from another row`,
        remedy: 'delete the user and register them again, or restore a backup',
      };
}

function hasKey(vault: Vault, { key }: SealedTemplate): boolean {
  return key === null || vault.masterKey(key.masterKeyId) !== undefined;
}

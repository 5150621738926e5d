import type { Tables } from '../dialect.js';

/** Columns of a user's key, without the user's id; null as a whole where the user has none. */
export function keyColumns({ userKeys }: Tables) {
  return { pseudonym: userKeys.pseudonym, masterKeyId: userKeys.masterKeyId, wrapped: userKeys.wrapped };
}

/** Columns of a stored template. */
export function templateColumns({ templates }: Tables) {
  return {
    templateId: templates.id,
    userId: templates.userId,
    modelId: templates.modelId,
    vector: templates.vector,
  };
}

/** Columns of a template with the key of its user, for a join of templates and user keys. */
export function sealedColumns(tables: Tables) {
  return { ...templateColumns(tables), key: keyColumns(tables) };
}

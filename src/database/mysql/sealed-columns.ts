import { templates, userKeys } from './tables.js';

/** Columns of a user's key, without the user's id; null as a whole where the user has none. */
export const keyColumns = {
  pseudonym: userKeys.pseudonym,
  masterKeyId: userKeys.masterKeyId,
  wrapped: userKeys.wrapped,
};

/** Columns of a stored template. */
export const templateColumns = {
  templateId: templates.id,
  userId: templates.userId,
  modelId: templates.modelId,
  vector: templates.vector,
};

/** Columns of a template with the key of its user, for a join of templates and user keys. */
export const sealedColumns = { ...templateColumns, key: keyColumns };

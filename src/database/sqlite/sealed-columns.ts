import { templates, userKeys } from './tables.js';

/** Of a user's key, without the user's id; null as a whole where the user has none. */
export const keyColumns = {
  pseudonym: userKeys.pseudonym,
  masterKeyId: userKeys.masterKeyId,
  wrapped: userKeys.wrapped,
};

/** Of a template as it is stored. */
export const templateColumns = {
  templateId: templates.id,
  userId: templates.userId,
  modelId: templates.modelId,
  vector: templates.vector,
};

/** Of a template with the key of its user, for a join of templates and user keys. */
export const sealedColumns = { ...templateColumns, key: keyColumns };

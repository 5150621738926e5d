import type { User } from '../../records.js';
import type { Tables } from '../dialect.js';

export function userColumns({ users }: Tables) {
  return { id: users.id, timestamp: users.timestamp };
}

/** Rows of other programs may have no time, or MySQL's zero date: the start of 1970 says that it is not known. */
export function asUser({ id, timestamp }: { id: string; timestamp: Date | null }): User {
  const time = timestamp?.getTime() ?? Number.NaN;
  return { id, timestamp: new Date(Number.isNaN(time) ? 0 : Math.floor(time / 1000) * 1000) };
}

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

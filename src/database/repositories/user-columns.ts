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

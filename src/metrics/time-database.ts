import type { Database } from '../database/database.js';
import { timeCalls } from './time-calls.js';

/**
 * A database whose calls for requests are timed, in milliseconds. Those of the gallery are not: they belong to a
 * search, or load everybody.
 */
export function timeDatabase(database: Database, onCall: (durationMs: number) => void): Database {
  return {
    ...database,
    users: timeCalls(database.users, onCall),
    blobs: timeCalls(database.blobs, onCall),
    missingTemplates: timeCalls(database.missingTemplates, onCall),
  };
}

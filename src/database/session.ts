import type { Queries } from './dialect.js';

/** What the work of a transaction may have to know about its earlier attempts. */
export interface Attempt {
  /** An earlier attempt got no answer to its COMMIT: it may have happened. */
  readonly uncertain: boolean;
}

/** The connections to one database, and the ways to use one. */
export interface Session {
  /** Statements outside of any transaction. */
  read<T>(work: (database: Queries) => Promise<T>): Promise<T>;
  /** One transaction; may run `work` several times. Rolled back when `work` rejects. */
  write<T>(work: (database: Queries, attempt: Attempt) => Promise<T>): Promise<T>;
  /** Statements that all see the same committed state. */
  snapshot<T>(work: (database: Queries) => Promise<T>): Promise<T>;
  /** After the commit of a deletion: removes what the database's own files still hold of the rows, if they are ours. */
  scrub(): Promise<void>;
}

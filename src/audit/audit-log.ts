/** What the audit log tells of. */
export type AuditOperation =
  'register' | 'add-image' | 'verify' | 'delete' | 'identify' | 'export' | 'create-key' | 'revoke-key';

/** By whom and in which request something is done. */
export interface AuditOrigin {
  /** `key:<id>` of an API key, `anyone` where none is needed, or `command`. */
  readonly actor: string;
  /** `X-Request-Id` of the answer; null outside of requests. */
  readonly requestId: string | null;
}

/** Something that was done, or was refused. */
export interface AuditEvent extends AuditOrigin {
  readonly operation: AuditOperation;
  /** `done`, the id of the API key concerned, a decision (`accepted`, `refused`, `recognised`, `nobody`), or a code of the error catalogue; never a score. */
  readonly outcome: string;
  /** The user concerned; the log keeps the pseudonym alone. */
  readonly userId: string | null;
}

/** An entry as it is kept; nothing in it is biometric, and nothing names a user once their key is deleted. */
export interface AuditEntry extends AuditOrigin {
  /** 1 and up, without gaps. */
  readonly seq: number;
  /** Whole seconds. */
  readonly at: Date;
  readonly operation: string;
  readonly outcome: string;
  /** Pseudonym of the user concerned; null when there is none. */
  readonly subject: string | null;
  /** Hash of the entry before; empty for the first one ever. */
  readonly previousHash: Uint8Array;
  /** SHA-256 over the entry and the hash before. */
  readonly hash: Uint8Array;
}

export interface AuditPage {
  /** Most entries to return, 1 or more. */
  readonly first: number;
  /** Return only entries with a higher number. */
  readonly after?: number | undefined;
  /** Return only entries about this pseudonym. */
  readonly subject?: string | undefined;
}

/** Append-only list of what was done, each entry chained to the one before by its hash. */
export interface AuditLog {
  /** Appends in one transaction, in the order given. */
  append(events: readonly AuditEvent[]): Promise<void>;
  /** In the order of the numbers. */
  page(page: AuditPage): Promise<AuditEntry[]>;
  /** Number and hash of the newest entry, also when it is no longer kept; 0 and nothing before the first. */
  head(): Promise<Pick<AuditEntry, 'seq' | 'hash'>>;
  /**
   * Drops the oldest entries, those before the given time.
   * @param first most entries to drop at once, 1 or more.
   * @returns how many were dropped; 0 when none are due any more.
   */
  forget(before: Date, first: number): Promise<number>;
  /** The pseudonym of a user, null when there is none. */
  pseudonymOf(userId: string): Promise<string | null>;
  /** Ids of users by pseudonym, of those who are still registered. */
  usersOf(pseudonyms: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

export interface UnfinishedBlob {
  readonly key: string;
  readonly state: 'pending' | 'deleting';
}

export interface BlobPage {
  /** Most blobs to return, 1 or more. */
  readonly first: number;
  /** Return only keys that sort after this one; empty: from the first on. */
  readonly after: string;
}

/**
 * Intents for image files, so that a crash between file system and database leaves neither a row without its
 * file nor a file without its row.
 */
export interface BlobJournal {
  /** Announces a file about to be written. */
  announce(key: string): Promise<void>;
  /**
   * Forgets a blob whose file is gone; only blobs in state `deleting` are removed.
   * @param leastAgeSeconds keeps the intent of a file announced less long ago, by the database's clock; default: 0.
   * @returns whether the blob was removed.
   */
  forget(key: string, leastAgeSeconds?: number): Promise<boolean>;
  /** Compare-and-set from `pending` to `deleting`; false when another node or an enrolment was faster. */
  abandon(key: string): Promise<boolean>;
  /**
   * Keys of users' image files announced before the given time.
   * @param first most keys to return, 1 or more.
   */
  expired(announcedBefore: Date, first: number): Promise<string[]>;
  /**
   * Takes an image away from its user, whose template stays, and marks the blob as `deleting`.
   * @returns false when no user has it any more.
   */
  expire(key: string): Promise<boolean>;
  /** Blobs in state `deleting`, and `pending` ones announced before the given time, in the order of their keys. */
  unfinished(pendingBefore: Date, page: BlobPage): Promise<UnfinishedBlob[]>;
}

export type BlobState = 'pending' | 'live' | 'deleting';

export interface CheckedBlob {
  readonly key: string;
  readonly state: BlobState;
  readonly announcedAt: Date;
  /** Whether a user's image row names this blob. */
  readonly referenced: boolean;
}

/** Rows whose user does not exist. Foreign keys prevent them as long as every program leaves them on. */
export interface StrayRows {
  readonly templateIds: readonly string[];
  readonly imageKeys: readonly string[];
  /** Users whose key is there still. */
  readonly keyOwners: readonly string[];
}

/** Looks at the database as a whole, to find and mend what should not be; not for the service itself. */
export interface ConsistencyCheck {
  /** Damage that the database engine finds in its own files, one sentence each. */
  damage(): Promise<string[]>;
  /** What will have to be done to the database one day, one sentence each; nothing is wrong yet. */
  advice(): Promise<string[]>;
  /** Users without a template of the model. */
  countWithoutTemplate(modelId: string): Promise<number>;
  /** Blobs in the order of their keys. */
  blobs(page: { readonly first: number; readonly after: string }): Promise<CheckedBlob[]>;
  blob(key: string): Promise<CheckedBlob | null>;
  /** Whether any row names the key. */
  knows(key: string): Promise<boolean>;
  /** Compare-and-set of a blob's state; false when it was in another one. */
  changeState(key: string, from: BlobState, to: BlobState): Promise<boolean>;
  strays(): Promise<StrayRows>;
  /** Deletes rows that are stray still, with their gallery changes; their blobs are marked as `deleting`. */
  removeStrays(strays: StrayRows): Promise<void>;
}

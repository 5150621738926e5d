/** Looks at an image store as a whole; not for the service itself. */
export interface ImageStoreInventory {
  /** Names of everything in the store, foreign files included, in the order of their UTF-8 bytes. */
  names(): AsyncIterable<string>;
  has(key: string): Promise<boolean>;
}

/** Keeps image files by key. Keys are random, never reused, and say nothing about the person. */
export interface ImageStore {
  /**
   * Longest time in milliseconds after which a write that was reported as failed may still happen; its key must be
   * deleted again then.
   * @default 0
   */
  readonly lateWriteMs?: number;
  /** Stores the bytes durably: once resolved, they survive power loss. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** @throws when there is no such file. */
  get(key: string): Promise<Uint8Array>;
  /** Deletes the file; a missing file is not an error. */
  delete(key: string): Promise<void>;
  /** Rejects when files cannot be stored at present. */
  ping(): Promise<void>;
}

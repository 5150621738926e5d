import type { StoredImage, User } from '../records.js';
import type { SealedTemplate } from './vault.js';
import type { StoredUserKey, UserKey } from './user-key.js';

export interface KeyPage {
  /** Most rows to return, 1 or more. */
  readonly first: number;
  /** Return only what sorts after this key. */
  readonly after?: string | undefined;
}

export interface KnownMasterKey {
  readonly id: string;
  readonly proof: Uint8Array;
  /** Users whose keys it wraps. */
  readonly users: number;
}

/** What is held about a user, as it is stored. */
export interface FaceHoldings {
  readonly user: User;
  readonly images: readonly StoredImage[];
  readonly templates: readonly SealedTemplate[];
}

/** One user's holdings, sealed: each image in a file of its own beside the plain one. */
export interface SealedHoldings {
  readonly key: StoredUserKey;
  /** The plain file and the sealed one that takes its place, which is announced as pending. */
  readonly images: readonly { readonly from: StoredImage; readonly to: string }[];
  readonly templates: readonly { readonly templateId: string; readonly vector: Uint8Array }[];
}

/** The keys of users, and the way from plain to sealed rows. */
export interface ProtectionRepository {
  /** With the number of users of each, which takes longer with every user. */
  masterKeys(): Promise<KnownMasterKey[]>;
  /** Those that wrap the key of any user or none, as fast with many users as with few. */
  masterKeysInUse(): Promise<(Omit<KnownMasterKey, 'users'> & { readonly used: boolean })[]>;
  /**
   * Makes a master key known; one that is known already is left as it is.
   * @param options.onlyFirst does nothing when any is known.
   * @returns whether the key is known now.
   */
  introduce(
    masterKey: Omit<KnownMasterKey, 'users'>,
    options?: { readonly onlyFirst?: boolean },
  ): Promise<boolean>;
  /** The key of a user, null when there is no such user or the user has none yet. */
  keyOf(userId: string): Promise<UserKey | null>;
  /** Ids of users with images or templates, but without a key. */
  unprotected(page: KeyPage): Promise<string[]>;
  countUnprotected(): Promise<number>;
  /** What is held about a user who exists. @returns null when there is no such user. */
  holdingsOf(userId: string): Promise<FaceHoldings | null>;
  /**
   * Gives a user a key and puts the sealed rows in the place of the plain ones, the plain images marked as `deleting`.
   * @returns keys of the plain files, or null, with nothing written, when the user has a key or other holdings by now.
   */
  protect(sealed: SealedHoldings): Promise<string[] | null>;
  /** Keys of users that are wrapped with another master key than the given one, in the order of the users' ids. */
  keysNotUnder(masterKeyId: string, page: KeyPage): Promise<StoredUserKey[]>;
  /** Replaces a wrapped key. @returns false when the row has gone or is wrapped with another master key by now. */
  rewrap(from: StoredUserKey, to: StoredUserKey): Promise<boolean>;
  /** Every template as stored, in the order of the ids. */
  templates(page: KeyPage): Promise<SealedTemplate[]>;
}

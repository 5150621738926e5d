import type { AuditOrigin } from '../audit/audit-log.js';
import type { UserKey } from '../protection/user-key.js';
import type { Receipt } from './idempotency/receipts.js';
import type { StoredImage, StoredTemplate, User } from '../records.js';

export interface EnrolledFace {
  /** Already announced to the `BlobJournal` as pending; null when the picture is not kept. */
  readonly image: StoredImage | null;
  /** Belongs to the user and was made from the picture. */
  readonly template: Omit<StoredTemplate, 'userId'>;
}

/** A user as written by one registration: row, images and templates together or not at all. */
export interface Enrolment extends EnrolledFace {
  readonly user: User;
  /** New; seals the templates, and has sealed the image files. */
  readonly key: UserKey;
  /**
   * Faces of further pictures.
   * @default none
   */
  readonly moreFaces?: readonly EnrolledFace[];
}

export interface PageRequest {
  /** Most users to return, 1 or more. */
  readonly first: number;
  /** Return only ids that sort after this one; the order is that of the UTF-8 bytes. */
  readonly after?: string;
}

/**
 * Users with their templates and image references. Every write is one transaction, which also notes it in the audit log
 * as done by the given origin.
 */
export interface UserRepository {
  find(id: string): Promise<User | null>;
  list(page: PageRequest): Promise<User[]>;
  /** Reads by key, never from a cache. */
  templatesOf(userId: string, modelId: string): Promise<StoredTemplate[]>;
  /**
   * Inserts user, images, templates and gallery changes, and turns the pending blobs live.
   * @param receipt keeps the answer in the same transaction, here and below.
   * @throws ServiceError USER_EXISTS when the id is taken; of concurrent enrolments of one id exactly one wins.
   *   ReceiptExistsError when the request has been answered already.
   */
  enrol(enrolment: Enrolment, origin: AuditOrigin, receipt?: Receipt): Promise<void>;
  /**
   * Gives a user who is already registered, but has no template of this model, image and template as `enrol` does.
   * The user's row and timestamp stay.
   * @param key the user's own, which seals the template.
   * @throws ServiceError USER_NOT_FOUND; USER_EXISTS when there is a template of this model; UNAVAILABLE when the key
   *   is no longer the user's.
   */
  enrolExisting(key: UserKey, face: EnrolledFace, origin: AuditOrigin): Promise<void>;
  /**
   * Gives a user a further image and template, as `enrol` does.
   * @param key the user's own, which seals the template.
   * @param besides ids of all templates of this model that the user is taken to have; one or more, in any order.
   * @returns false, and writes nothing, when the user has others by now.
   * @throws ServiceError UNAVAILABLE when the key is no longer the user's.
   */
  addFace(
    key: UserKey,
    besides: readonly string[],
    face: EnrolledFace,
    origin: AuditOrigin,
    receipt?: Receipt,
  ): Promise<boolean>;
  /**
   * Deletes the user with key, templates and image rows, records the gallery changes and marks the blobs as
   * `deleting`.
   * @returns keys of the image files still to be deleted, or null when there is no such user.
   */
  remove(id: string, origin: AuditOrigin, receipt?: Receipt): Promise<{ imageKeys: string[] } | null>;
}

import type { ApiKeyRepository } from '../access/api-key-repository.js';
import type { DatabaseAudit } from '../database/consistency.js';
import type { ImageMediaType } from '../faces/face-service.js';
import type { AuditLog, AuditOrigin } from '../audit/audit-log.js';
import type { ProtectionRepository } from '../protection/protection-repository.js';
import type { UserKey } from '../protection/user-key.js';
import type { Counters } from '../limits/counters.js';
import type { MissingTemplates } from './missing-templates.js';

/** A registered person. */
export interface User {
  /** 1 to 255 code points, no control characters; compared byte by byte. */
  readonly id: string;
  /** Time of registration, whole seconds. */
  readonly timestamp: Date;
}

export interface StoredTemplate {
  readonly templateId: string;
  readonly userId: string;
  /** Catalogue name of the embedder; templates of different models are never compared. */
  readonly modelId: string;
  /** Unit-length embedding. */
  readonly vector: Float32Array;
}

export interface StoredImage {
  /** Blob key of the image file. */
  readonly key: string;
  readonly mediaType: ImageMediaType;
}

export interface EnrolledFace {
  /** Already announced to the {@link BlobJournal} as pending; null when the picture is not kept. */
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
   * Of further pictures.
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
   * @throws ServiceError USER_EXISTS when the id is taken; of concurrent enrolments of one id exactly one wins.
   */
  enrol(enrolment: Enrolment, origin?: AuditOrigin): Promise<void>;
  /**
   * Gives a user who is already registered, but has no template of this model, image and template as `enrol` does.
   * The user's row and timestamp stay.
   * @param key the user's own, which seals the template.
   * @throws ServiceError USER_NOT_FOUND; USER_EXISTS when there is a template of this model; UNAVAILABLE when the key
   *   is no longer the user's.
   */
  enrolExisting(key: UserKey, face: EnrolledFace, origin?: AuditOrigin): Promise<void>;
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
    origin?: AuditOrigin,
  ): Promise<boolean>;
  /**
   * Deletes the user with key, templates and image rows, records the gallery changes and marks the blobs as
   * `deleting`.
   * @returns keys of the image files still to be deleted, or null when there is no such user.
   */
  remove(id: string, origin?: AuditOrigin): Promise<{ imageKeys: string[] } | null>;
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
   * @param announcedBefore keeps the intent of a file announced at this time or later.
   * @returns whether the blob was removed.
   */
  forget(key: string, announcedBefore?: Date): Promise<boolean>;
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
  /** Keys in state `deleting`, and `pending` ones announced before the given time. */
  unfinished(pendingBefore: Date): Promise<{ key: string; state: 'pending' | 'deleting' }[]>;
}

export type GalleryChange =
  | { readonly op: 'add'; readonly template: StoredTemplate }
  | { readonly op: 'remove'; readonly templateId: string };

/** The revision clock: dense revisions, visible in commit order, so that a reader never misses a change. */
export interface GalleryLog {
  /** Revision of the last committed change, 0 for none. */
  revision(): Promise<number>;
  /**
   * Changes after `revision`, oldest first, up to the newest committed; null when they are no longer kept and
   * the gallery must be loaded again. A template added and removed since may be left out altogether.
   */
  changesSince(
    revision: number,
    modelId: string,
  ): Promise<{ revision: number; changes: GalleryChange[] } | null>;
  /**
   * Hands over all templates of a model in batches, as one consistent snapshot.
   * @returns the revision that the snapshot shows.
   */
  snapshot(modelId: string, onBatch: (templates: StoredTemplate[]) => Promise<void>): Promise<number>;
  /** Drops changes recorded before the given time; a cursor older than what is left loads everything again. */
  forgetChanges(before: Date): Promise<void>;
}

/** What is open of a database for commands that need no master key. */
export type KeyDatabase = Pick<Database, 'apiKeys' | 'auditLog' | 'close'>;

/** What is open of a database to read what is held about people. */
export type HoldingsDatabase = Pick<Database, 'protection' | 'auditLog' | 'close'>;

/** One open database. */
export interface Database {
  readonly users: UserRepository;
  readonly blobs: BlobJournal;
  readonly gallery: GalleryLog;
  readonly audit: DatabaseAudit;
  readonly missingTemplates: MissingTemplates;
  readonly protection: ProtectionRepository;
  readonly auditLog: AuditLog;
  readonly apiKeys: ApiKeyRepository;
  /** Absent where no other node uses the database: memory counts as well then, and faster. */
  readonly counters?: Counters;
  /**
   * Overwrites what the database's files still hold of rows deleted before the given time, where they can.
   * @returns whether there was anything to do.
   */
  removeRemnants?(deletedBefore: Date): Promise<boolean>;
  /** Resolves when the database answers; rejects otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

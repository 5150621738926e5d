import type { AuditOrigin } from '../audit/audit-log.js';
import type { Receipt } from './idempotency/receipts.js';
import type { IdempotencyKey } from './idempotency/request-receipt.js';
import type { PageRequest } from './user-repository.js';
import type { User } from '../records.js';

export interface VerificationResult {
  /** Id of the best match at or above the threshold, or null. */
  readonly recognition: string | null;
  /** Whether the claimed id passed and nobody else was clearly closer. */
  readonly verified: boolean;
  /** Similarity to the claimed user, 0 to 1; 0.5 at the model's FMR 1e-3 threshold. */
  readonly similarity: number;
}

export interface RequestOptions {
  /** Aborted when the client goes away. */
  readonly signal?: AbortSignal;
  /** Who asks, for the audit log. */
  readonly origin: AuditOrigin;
  /**
   * Who asks, for counting failures; the same text for the same caller.
   * @default nobody known, like all others who are not
   */
  readonly caller?: string;
  /**
   * Names the operation, so that a repetition gets the first answer again.
   * @default every request is one of its own
   */
  readonly idempotencyKey?: IdempotencyKey | undefined;
  /** What keeps the answer of a named operation together with what it changes. */
  readonly receipt?: Receipt | undefined;
}

export interface RegistrationOptions extends RequestOptions {
  /**
   * Further pictures of the same person.
   * @default none
   */
  readonly moreImages?: readonly Uint8Array[];
}

/** The operations of the service; resolvers call nothing else. */
export interface UserService {
  /**
   * @throws ServiceError BAD_ID, USER_EXISTS, IMAGE_COUNT, DIFFERENT_PERSON, FACE_TURNED_AWAY, FACE_TOO_SMALL,
   *   FACE_TOO_BLURRED, FACE_TOO_DARK, FACE_TOO_BRIGHT, LIVENESS_FAILED, or what FaceService.extract throws.
   */
  register(id: string, image: Uint8Array, options: RegistrationOptions): Promise<User>;
  /**
   * Adds a picture to an enrolled person.
   * @throws ServiceError USER_NOT_FOUND, NOT_ENROLLED, IMAGE_LIMIT, RESEMBLES_OTHER, or what `register` throws of a
   *   picture.
   * @returns how many pictures the user has now.
   */
  addImage(id: string, image: Uint8Array, options: RequestOptions): Promise<{ images: number }>;
  /**
   * @throws ServiceError BAD_ID, INVALID_USER, NOT_ENROLLED, FACE_TOO_SMALL, FACE_TOO_BLURRED, LIVENESS_FAILED,
   *   or what FaceService.extract throws.
   */
  verify(id: string, image: Uint8Array, options: RequestOptions): Promise<VerificationResult>;
  /** @throws ServiceError BAD_ID, USER_NOT_FOUND. @returns names of the deleted image files. */
  remove(id: string, options: RequestOptions): Promise<{ filesDeleted: string[] }>;
  list(page: PageRequest): Promise<User[]>;
}

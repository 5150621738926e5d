import type { PageRequest, User } from './user-repository.js';

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
}

/** The operations of the service; resolvers call nothing else. */
export interface UserService {
  /** @throws ServiceError BAD_ID, USER_EXISTS, or what FaceService.extract throws. */
  register(id: string, image: Uint8Array, options?: RequestOptions): Promise<User>;
  /** @throws ServiceError BAD_ID, INVALID_USER, NOT_ENROLLED, or what FaceService.extract throws. */
  verify(id: string, image: Uint8Array, options?: RequestOptions): Promise<VerificationResult>;
  /** @throws ServiceError BAD_ID, USER_NOT_FOUND. @returns names of the deleted image files. */
  remove(id: string): Promise<{ filesDeleted: string[] }>;
  list(page: PageRequest): Promise<User[]>;
}

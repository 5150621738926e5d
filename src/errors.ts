import { MAX_IMAGES_PER_USER } from './users/image-limits.js';

interface CatalogueEntry {
  /** HTTP status of the REST answer, and `extensions.http.status` over GraphQL. */
  readonly status: number;
  /** Whether the same request can succeed later without being changed. */
  readonly retryable: boolean;
  /** What a client reads unless the thrower has a more precise sentence. */
  readonly message: string;
}

/** Every failure a client can see. Anything else is reported as INTERNAL and its cause only logged. */
export const errorCatalogue = {
  BAD_REQUEST: { status: 400, retryable: false, message: 'The request could not be understood' },
  UNAUTHENTICATED: {
    status: 401,
    retryable: false,
    message: 'A valid API key is needed, in the header Authorization: Bearer <key> or X-API-Key',
  },
  FORBIDDEN: { status: 403, retryable: false, message: 'The API key lacks the scope for this' },
  NOT_FOUND: { status: 404, retryable: false, message: 'There is nothing at this address' },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false, message: 'This address does not take that method' },
  REQUEST_TOO_LARGE: { status: 413, retryable: false, message: 'The request is too large' },
  BAD_ID: {
    status: 400,
    retryable: false,
    message: 'The id must have 1 to 255 characters and no control characters',
  },
  BAD_IDEMPOTENCY_KEY: {
    status: 400,
    retryable: false,
    message: 'Idempotency-Key must be 8 to 255 visible ASCII characters, sent once',
  },
  IDEMPOTENCY_MISMATCH: {
    status: 422,
    retryable: false,
    message: 'This Idempotency-Key was used for another request; take a new key',
  },
  BAD_PAGE: { status: 400, retryable: false, message: 'The page asked for is out of range' },
  IMAGE_COUNT: { status: 400, retryable: false, message: 'Send exactly one image' },
  USER_EXISTS: { status: 409, retryable: false, message: 'User already exists' },
  USER_NOT_FOUND: { status: 404, retryable: false, message: 'User not found' },
  INVALID_USER: { status: 400, retryable: false, message: 'Invalid User' },
  NOT_ENROLLED: { status: 400, retryable: false, message: 'This user has no enrolled face yet' },
  IMAGE_TOO_LARGE: { status: 413, retryable: false, message: 'The image is too large' },
  IMAGE_UNSUPPORTED: {
    status: 400,
    retryable: false,
    message: 'The image is not a JPEG, PNG, WebP or AVIF picture',
  },
  IMAGE_UNREADABLE: { status: 400, retryable: false, message: 'The image is damaged and could not be read' },
  NO_FACE: { status: 400, retryable: false, message: 'No face was found in the image' },
  SEVERAL_FACES: {
    status: 400,
    retryable: false,
    message: 'Several faces of similar size were found in the image; show one person only',
  },
  FACE_TOO_SMALL: {
    status: 400,
    retryable: false,
    message: 'The face in the image is too small; move closer to the camera',
  },
  FACE_TOO_BLURRED: {
    status: 400,
    retryable: false,
    message: 'The face in the image is too blurred; hold the camera still',
  },
  FACE_TURNED_AWAY: {
    status: 400,
    retryable: false,
    message: 'The face in the image is turned away; turn to the camera',
  },
  FACE_TOO_DARK: {
    status: 400,
    retryable: false,
    message: 'The face in the image is too dark; add light from the front',
  },
  FACE_TOO_BRIGHT: {
    status: 400,
    retryable: false,
    message: 'The face in the image is too bright; move out of the glare',
  },
  LIVENESS_FAILED: {
    status: 400,
    retryable: false,
    message:
      'The image does not seem to show a live face; take a new picture of the face itself, in even light',
  },
  DIFFERENT_PERSON: {
    status: 400,
    retryable: false,
    message: 'The image does not seem to show the same person as the images already there',
  },
  RESEMBLES_OTHER: {
    status: 400,
    retryable: false,
    message: 'The image resembles somebody else more; take another one',
  },
  IMAGE_LIMIT: {
    status: 409,
    retryable: false,
    message: `This user has ${MAX_IMAGES_PER_USER} images already, which is the most that are kept`,
  },
  IDENTIFICATION_OFF: {
    status: 403,
    retryable: false,
    message: 'Identification is turned off; the operator can allow it with IDENTIFICATION=on',
  },
  RATE_LIMITED: { status: 429, retryable: true, message: 'Too many requests; try again later' },
  TOO_MANY_ATTEMPTS: {
    status: 429,
    retryable: true,
    message: 'Too many failed attempts for this id; try again later',
  },
  OVERLOADED: { status: 503, retryable: true, message: 'The service is busy; try again shortly' },
  UNAVAILABLE: {
    status: 503,
    retryable: true,
    message: 'The service is temporarily unavailable; try again shortly',
  },
  CANCELLED: { status: 499, retryable: true, message: 'The client went away before the answer' },
  DELETION_UNFINISHED: {
    status: 500,
    retryable: false,
    message: 'The user was deleted, but an image file could not be removed yet; the service keeps trying',
  },
  INTERNAL: { status: 500, retryable: false, message: 'Something went wrong' },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof errorCatalogue;

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorCatalogue, code);
}

/** A failure out of the catalogue: its code and message are safe to show to a client; its cause is only logged. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly status: number;
  readonly retryable: boolean;
  /** When the same request can succeed, where that is known. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: ErrorCode,
    options: { message?: string; cause?: unknown; retryAfterSeconds?: number | undefined } = {},
  ) {
    const entry: CatalogueEntry = errorCatalogue[code];
    super(options.message ?? entry.message, { cause: options.cause });
    this.status = entry.status;
    this.retryable = entry.retryable;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

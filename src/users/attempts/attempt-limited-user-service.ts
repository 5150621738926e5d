import { ServiceError, type ErrorCode } from '../../errors.js';
import { AttemptLines } from './attempt-lines.js';
import { Attempts, type AttemptsOptions } from './attempts.js';
import type { PageRequest } from '../user-repository.js';
import type { User } from '../../records.js';
import type {
  RegistrationOptions,
  RequestOptions,
  UserService,
  VerificationResult,
} from '../user-service.js';

/** Refusals that tell a caller that their guess was wrong. All others say nothing about whom the picture shows. */
const wrongGuesses = new Set<ErrorCode>([
  'INVALID_USER',
  'USER_NOT_FOUND',
  'DIFFERENT_PERSON',
  'RESEMBLES_OTHER',
]);

/** Requests whose caller is not known count as those of one. */
const UNKNOWN_CALLER = 'unknown';

/** Slows down callers who repeatedly fail to pass as a user. */
export class AttemptLimitedUserService implements UserService {
  readonly #lines = new AttemptLines();

  constructor(
    private readonly inner: UserService,
    private readonly attempts: Attempts,
  ) {}

  register(id: string, image: Uint8Array, options: RegistrationOptions): Promise<User> {
    return this.inner.register(id, image, options);
  }

  list(page: PageRequest): Promise<User[]> {
    return this.inner.list(page);
  }

  /** @throws ServiceError TOO_MANY_ATTEMPTS, OVERLOADED, CANCELLED, or what the service throws. */
  verify(id: string, image: Uint8Array, options: RequestOptions): Promise<VerificationResult> {
    return this.#attempt(
      id,
      options,
      () => this.inner.verify(id, image, options),
      ({ verified }) => verified,
    );
  }

  /** @throws ServiceError as `verify`. */
  addImage(id: string, image: Uint8Array, options: RequestOptions): Promise<{ images: number }> {
    return this.#attempt(
      id,
      options,
      () => this.inner.addImage(id, image, options),
      () => true,
    );
  }

  async remove(id: string, options: RequestOptions): Promise<{ filesDeleted: string[] }> {
    try {
      return await this.inner.remove(id, options);
    } finally {
      // Also after a failure: the user may be gone all the same, as with DELETION_UNFINISHED.
      await this.attempts.forget(id);
    }
  }

  #attempt<Result>(
    id: string,
    { caller = UNKNOWN_CALLER, signal }: RequestOptions,
    guess: () => Promise<Result>,
    passed: (result: Result) => boolean,
  ): Promise<Result> {
    const allowance = () => this.attempts.allowance(id, caller);
    return this.#lines.use(id, async (line) => {
      // A caller who has to sit out a delay does not take the place of others in the line.
      if (line.full) await allowance();
      return line.run(allowance, () => this.#count(id, caller, guess, passed), signal);
    });
  }

  async #count<Result>(
    id: string,
    caller: string,
    guess: () => Promise<Result>,
    passed: (result: Result) => boolean,
  ): Promise<Result> {
    let result: Result;
    try {
      result = await guess();
    } catch (error) {
      if (error instanceof ServiceError && wrongGuesses.has(error.code))
        await this.attempts.failed(id, caller);
      throw error;
    }
    if (passed(result)) await this.attempts.succeeded(id, caller);
    else await this.attempts.failed(id, caller);
    return result;
  }
}

/** Limits failures where they are to be limited. */
export function limitAttempts(service: UserService, options: AttemptsOptions): UserService {
  const off = options.freeFailuresPerCaller === 0 && options.freeFailuresPerUser === 0;
  return off ? service : new AttemptLimitedUserService(service, new Attempts(options));
}

import { ServiceError } from '../errors.js';
import type { PageRequest } from '../users/user-repository.js';
import type { User } from '../records.js';
import type {
  RegistrationOptions,
  RequestOptions,
  UserService,
  VerificationResult,
} from '../users/user-service.js';
import type { AuditOperation } from './audit-log.js';
import type { AuditWriter } from './audit-writer.js';

/**
 * Notes decisions and refusals in the audit log before they are answered. What changes data is noted by the
 * transaction that changes it; what was not done for lack of capacity or of a client is not noted.
 */
export class AuditedUserService implements UserService {
  constructor(
    private readonly service: UserService,
    private readonly writer: AuditWriter,
    /** Called after a decision has been noted. */
    private readonly onDecision: (id: string, result: VerificationResult) => void,
  ) {}

  register(id: string, image: Uint8Array, options: RegistrationOptions): Promise<User> {
    return this.#noteRefusal('register', id, options, () => this.service.register(id, image, options));
  }

  addImage(id: string, image: Uint8Array, options: RequestOptions): Promise<{ images: number }> {
    return this.#noteRefusal('add-image', id, options, () => this.service.addImage(id, image, options));
  }

  async verify(id: string, image: Uint8Array, options: RequestOptions): Promise<VerificationResult> {
    const result = await this.#noteRefusal('verify', id, options, () =>
      this.service.verify(id, image, options),
    );
    await this.#note('verify', id, options, result.verified ? 'accepted' : 'refused');
    this.onDecision(id, result);
    return result;
  }

  remove(id: string, options: RequestOptions): Promise<{ filesDeleted: string[] }> {
    return this.#noteRefusal('delete', id, options, () => this.service.remove(id, options));
  }

  list(page: PageRequest): Promise<User[]> {
    return this.service.list(page);
  }

  async #noteRefusal<Result>(
    operation: AuditOperation,
    userId: string,
    options: RequestOptions,
    work: () => Promise<Result>,
  ): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ServiceError && !error.retryable && error.status < 500)
        await this.#note(operation, userId, options, error.code);
      throw error;
    }
  }

  #note(
    operation: AuditOperation,
    userId: string,
    { origin }: RequestOptions,
    outcome: string,
  ): Promise<void> {
    return this.writer.append({ ...origin, operation, userId, outcome });
  }
}

import type { User } from '../../records.js';
import type { PageRequest } from '../user-repository.js';
import type {
  RegistrationOptions,
  RequestOptions,
  UserService,
  VerificationResult,
} from '../user-service.js';
import type { Receipts } from './receipts.js';
import { RequestReceipt } from './request-receipt.js';

/** Gives a repeated request its first answer again, where the client named it with an idempotency key. */
export class IdempotentUserService implements UserService {
  constructor(
    private readonly service: UserService,
    private readonly receipts: Receipts,
  ) {}

  register(id: string, image: Uint8Array, options: RegistrationOptions): Promise<User> {
    return this.#once({
      operation: 'register',
      parts: [id, image, ...(options.moreImages ?? [])],
      options,
      work: (named) => this.service.register(id, image, named),
      revive: (answer) => {
        const { timestamp, ...user } = answer as Omit<User, 'timestamp'> & { timestamp: string };
        return { ...user, timestamp: new Date(timestamp) };
      },
    });
  }

  addImage(id: string, image: Uint8Array, options: RequestOptions): Promise<{ images: number }> {
    return this.#once({
      operation: 'add-image',
      parts: [id, image],
      options,
      work: (named) => this.service.addImage(id, image, named),
      revive: (answer) => answer as { images: number },
    });
  }

  verify(id: string, image: Uint8Array, options: RequestOptions): Promise<VerificationResult> {
    return this.#once({
      operation: 'verify',
      parts: [id, image],
      options,
      work: (named) => this.service.verify(id, image, named),
      revive: (answer) => answer as VerificationResult,
    });
  }

  remove(id: string, options: RequestOptions): Promise<{ filesDeleted: string[] }> {
    return this.#once({
      operation: 'delete',
      parts: [id],
      options,
      work: (named) => this.service.remove(id, named),
      revive: (answer) => answer as { filesDeleted: string[] },
    });
  }

  list(page: PageRequest): Promise<User[]> {
    return this.service.list(page);
  }

  async #once<Options extends RequestOptions, Result>({
    operation,
    parts,
    options,
    work,
    revive,
  }: RepeatableRequest<Options, Result>): Promise<Result> {
    if (options.idempotencyKey === undefined) return work(options);
    const receipt = new RequestReceipt(options.idempotencyKey, operation, parts);
    const earlier = await this.receipts.find(receipt.keyHash);
    if (earlier) return revive(receipt.read(earlier));
    try {
      const result = await work({ ...options, receipt });
      // Changes keep it in their own transaction; for anything else it is kept now.
      await this.receipts.add(receipt.written(result));
      return result;
    } catch (error) {
      // The first request may have been answered while this one was under way.
      const meanwhile = await this.receipts.find(receipt.keyHash);
      if (meanwhile) return revive(receipt.read(meanwhile));
      throw error;
    }
  }
}

interface RepeatableRequest<Options extends RequestOptions, Result> {
  readonly operation: string;
  /** Everything that makes the request what it is. */
  readonly parts: readonly (string | Uint8Array)[];
  readonly options: Options;
  readonly work: (options: Options) => Promise<Result>;
  /** Turns JSON into what the operation answers. */
  readonly revive: (answer: unknown) => Result;
}

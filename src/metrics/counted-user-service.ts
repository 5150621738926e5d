import type { PageRequest } from '../users/user-repository.js';
import type { User } from '../records.js';
import type {
  RegistrationOptions,
  RequestOptions,
  UserService,
  VerificationResult,
} from '../users/user-service.js';
import type { Decision, ServiceMetrics } from './service-metrics.js';

/** A user service whose registrations, decisions and deletions are counted. */
export class CountedUserService implements UserService {
  constructor(
    private readonly service: UserService,
    private readonly metrics: Pick<ServiceMetrics, 'registrations' | 'deletions' | 'decision'>,
  ) {}

  async register(id: string, image: Uint8Array, options: RegistrationOptions): Promise<User> {
    const user = await this.service.register(id, image, options);
    this.metrics.registrations.inc();
    return user;
  }

  addImage(id: string, image: Uint8Array, options: RequestOptions): Promise<{ images: number }> {
    return this.service.addImage(id, image, options);
  }

  async verify(id: string, image: Uint8Array, options: RequestOptions): Promise<VerificationResult> {
    const result = await this.service.verify(id, image, options);
    this.metrics.decision(decisionOf(id, result));
    return result;
  }

  async remove(id: string, options: RequestOptions): Promise<{ filesDeleted: string[] }> {
    const removed = await this.service.remove(id, options);
    this.metrics.deletions.inc();
    return removed;
  }

  list(page: PageRequest): Promise<User[]> {
    return this.service.list(page);
  }
}

function decisionOf(id: string, { verified, recognition }: VerificationResult): Decision {
  if (verified) return 'verified';
  return recognition === null || recognition === id ? 'refused' : 'refused_somebody_else';
}

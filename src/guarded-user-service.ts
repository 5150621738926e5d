import type { AuditWriter } from './audit/audit-writer.js';
import { AuditedUserService } from './audit/audited-user-service.js';
import { CountedUserService } from './metrics/counted-user-service.js';
import type { ServiceMetrics } from './metrics/service-metrics.js';
import { limitAttempts } from './users/attempt-limited-user-service.js';
import type { AttemptsOptions } from './users/attempts.js';
import type { UserService } from './users/user-service.js';

export interface Guards {
  readonly attempts: AttemptsOptions;
  readonly audit: AuditWriter;
  readonly metrics: Pick<ServiceMetrics, 'registrations' | 'deletions' | 'decision'>;
}

/** What requests reach: attempts are limited, then noted in the audit log, then counted. */
export function guardedUserService(service: UserService, { attempts, audit, metrics }: Guards): UserService {
  return new CountedUserService(new AuditedUserService(limitAttempts(service, attempts), audit), metrics);
}

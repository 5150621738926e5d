import type { AuditWriter } from './audit/audit-writer.js';
import { AuditedUserService } from './audit/audited-user-service.js';
import type { Decision, ServiceMetrics } from './metrics/service-metrics.js';
import { limitAttempts } from './users/attempts/attempt-limited-user-service.js';
import type { AttemptsOptions } from './users/attempts/attempts.js';
import type { UserService, VerificationResult } from './users/user-service.js';

export interface Guards {
  readonly attempts: AttemptsOptions;
  readonly audit: AuditWriter;
  readonly metrics: Pick<ServiceMetrics, 'decision'>;
}

/** What requests reach: attempts are limited, then noted in the audit log and counted. */
export function guardedUserService(service: UserService, { attempts, audit, metrics }: Guards): UserService {
  return new AuditedUserService(limitAttempts(service, attempts), audit, (id, result) => {
    metrics.decision(decisionOf(id, result));
  });
}

function decisionOf(id: string, { verified, recognition }: VerificationResult): Decision {
  if (verified) return 'verified';
  return recognition === null || recognition === id ? 'refused' : 'refused_somebody_else';
}

import type { AuditWriter } from './audit/audit-writer.js';
import { AuditedUserService } from './audit/audited-user-service.js';
import type { Decision, ServiceMetrics } from './metrics/service-metrics.js';
import { limitAttempts } from './users/attempts/attempt-limited-user-service.js';
import type { AttemptsOptions } from './users/attempts/attempts.js';
import { IdempotentUserService } from './users/idempotency/idempotent-user-service.js';
import type { Receipts } from './users/idempotency/receipts.js';
import type { UserService, VerificationResult } from './users/user-service.js';

export interface Guards {
  readonly attempts: AttemptsOptions;
  readonly audit: AuditWriter;
  readonly receipts: Receipts;
  readonly metrics: Pick<ServiceMetrics, 'decision'>;
}

/**
 * What requests reach: attempts are limited, then noted in the audit log and counted. A repetition of a request that
 * was answered reaches none of it.
 */
export function guardedUserService(
  service: UserService,
  { attempts, audit, receipts, metrics }: Guards,
): UserService {
  const audited = new AuditedUserService(limitAttempts(service, attempts), audit, (id, result) => {
    metrics.decision(decisionOf(id, result));
  });
  return new IdempotentUserService(audited, receipts);
}

function decisionOf(id: string, { verified, recognition }: VerificationResult): Decision {
  if (verified) return 'verified';
  return recognition === null || recognition === id ? 'refused' : 'refused_somebody_else';
}

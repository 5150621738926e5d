import type { AuditOrigin } from '../../../src/audit/audit-log.js';

/** Who asks where a test does not look at the audit log. */
export const testOrigin: AuditOrigin = { actor: 'test', requestId: null };

/** Options of a request where a test looks at no other. */
export const testRequest = { origin: testOrigin };

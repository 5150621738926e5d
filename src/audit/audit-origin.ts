import type { Principal } from '../access/principal.js';
import type { AuditOrigin } from './audit-log.js';

/** Origin of what an operator's command does. */
export const commandOrigin: AuditOrigin = { actor: 'command', requestId: null };

export function requestOrigin(request: {
  readonly principal: Principal;
  readonly requestId: string;
}): AuditOrigin {
  const { principal, requestId } = request;
  switch (principal.kind) {
    case 'anyone':
      return { actor: 'anyone', requestId };
    case 'key':
      return { actor: `key:${principal.keyId}`, requestId };
  }
}

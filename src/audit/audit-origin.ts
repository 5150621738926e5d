import type { Principal } from '../access/principal.js';
import type { AuditOrigin } from './audit-log.js';

/** Of commands that an operator runs. */
export const commandOrigin: AuditOrigin = { actor: 'command', requestId: null };

/** Of what nobody asked for by a request or a command. */
export const unknownOrigin: AuditOrigin = { actor: 'unknown', requestId: null };

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

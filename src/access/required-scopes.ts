import { ServiceError } from '../errors.js';
import type { Principal, Scope } from './principal.js';

/** What a key must be allowed to do for each operation: all of it. */
export const requiredScopes = {
  users: ['read'],
  registerUser: ['register'],
  addUserImage: ['register'],
  verifyUser: ['verify'],
  compareFaces: ['verify'],
  analyseFace: ['verify'],
  identifyFace: ['verify', 'read'],
  deleteUser: ['delete'],
} as const satisfies Readonly<Record<string, readonly Scope[]>>;

export type Operation = keyof typeof requiredScopes;

export function isOperation(name: string): name is Operation {
  return Object.hasOwn(requiredScopes, name);
}

/** @throws ServiceError FORBIDDEN, which names the missing scopes. */
export function assertAllowed(principal: Principal, operations: readonly Operation[]): void {
  if (principal.kind === 'anyone' || principal.scopes.has('admin')) return;
  const required = new Set<Scope>(operations.flatMap((operation) => requiredScopes[operation]));
  const missing = [...required].filter((scope) => !principal.scopes.has(scope));
  if (missing.length === 0) return;
  throw new ServiceError('FORBIDDEN', {
    message: `The API key lacks the scope${missing.length > 1 ? 's' : ''} ${missing.join(' and ')}`,
  });
}

import { isScope, type Scope } from '../../access/principal.js';

/** How the scopes of a key are written in its row: separated by spaces. */
export function encodeScopes(scopes: ReadonlySet<Scope>): string {
  return [...scopes].join(' ');
}

/** A scope that this program does not know allows nothing. */
export function decodeScopes(text: string): ReadonlySet<Scope> {
  return new Set(text.split(' ').filter(isScope));
}

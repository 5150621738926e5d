import { parseArgs } from 'node:util';
import { KEY_NAME_FORMAT } from './api-key.js';
import { parseExpiry } from './expiry.js';
import type { KeyRequest } from './key-administration.js';
import { isScope, scopes as allScopes } from './principal.js';

/** What `npm run keys` is asked to do. */
export type KeyCommand =
  | { readonly kind: 'create'; readonly request: KeyRequest }
  /** Makes a key for `API_KEYS`, which have no expiry, and stores nothing. */
  | { readonly kind: 'print'; readonly request: Omit<KeyRequest, 'expiresAt'> }
  | { readonly kind: 'list' }
  | { readonly kind: 'revoke'; readonly id: string };

export const keyCommandUsage = `Usage:
  npm run keys -- create --scope verify,register --name gate-3 [--expires 90d]
  npm run keys -- create --scope verify --name gate-3 --print-only
  npm run keys -- list
  npm run keys -- revoke <id>

Scopes: ${allScopes.join(', ')} (all of them). Expiry: 12h, 90d, 2030-12-31 or 2030-12-31T18:00:00Z.
--print-only prints a key and its entry for the variable API_KEYS, and stores nothing.
Works beside a running service. See docs/access.md.
`;

const options = {
  scope: { type: 'string' },
  name: { type: 'string' },
  expires: { type: 'string' },
  'print-only': { type: 'boolean' },
} as const;

/** @throws Error that says what is wrong with the arguments. */
export function parseKeyCommand(args: readonly string[], now: Date): KeyCommand {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [verb, ...rest] = positionals;
  const bare = Object.keys(values).length === 0;
  if (verb === 'list' && rest.length === 0 && bare) return { kind: 'list' };
  const [id] = rest;
  if (verb === 'revoke' && id !== undefined && rest.length === 1 && bare) return { kind: 'revoke', id };
  if (verb !== 'create' || rest.length > 0) throw new Error('One of create, list and revoke <id> is needed');

  const { scope = '', name = '', expires } = values;
  const names = scope.split(',');
  if (!names.every(isScope)) throw new Error(`--scope takes ${allScopes.join(', ')}, separated by commas`);
  if (!KEY_NAME_FORMAT.test(name))
    throw new Error('--name takes 1 to 50 letters, digits, dots, hyphens or underscores');
  const request = { name, scopes: new Set(names) };
  if (values['print-only'] !== true)
    return {
      kind: 'create',
      request: { ...request, expiresAt: expires === undefined ? null : parseExpiry(expires, now) },
    };
  if (expires !== undefined) throw new Error('An entry of API_KEYS has no time of expiry');
  return { kind: 'print', request };
}

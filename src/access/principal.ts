/** What a key may be allowed to do; `admin` includes all others. */
export const scopes = ['register', 'verify', 'read', 'delete', 'admin'] as const;

export type Scope = (typeof scopes)[number];

export function isScope(name: string): name is Scope {
  return (scopes as readonly string[]).includes(name);
}

/** Who makes a request. */
export type Principal =
  /** No key is configured: anyone who reaches the service may do everything. */
  | { readonly kind: 'anyone' }
  | {
      readonly kind: 'key';
      /** Public part of the key; not secret. */
      readonly keyId: string;
      readonly scopes: ReadonlySet<Scope>;
    };

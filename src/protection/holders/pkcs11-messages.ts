/** A token and a key in it. */
export interface Pkcs11Settings {
  /** Absolute path of the library that speaks to the token. */
  readonly module: string;
  /** Label of the token. */
  readonly token: string;
  /** Label of the AES key in it. */
  readonly key: string;
  readonly pin: string;
  /** @default 20000 */
  readonly timeoutMs?: number;
}

/** What the process that loads the library is asked. */
export interface Pkcs11Request {
  readonly settings: Pkcs11Settings;
  readonly operation: 'encrypt' | 'decrypt';
  /** To encrypt: secrets; to decrypt: nonce, ciphertext and tag of each. */
  readonly values: readonly Uint8Array[];
}

/**
 * `pin`: the token does not take the PIN, and may lock after some more attempts. `setup`: the package or the library
 * cannot be loaded. `token`: everything else.
 */
export type Pkcs11Failure = 'pin' | 'setup' | 'token';

export type Pkcs11Reply =
  { readonly values: readonly Uint8Array[] } | { readonly failure: Pkcs11Failure; readonly message: string };

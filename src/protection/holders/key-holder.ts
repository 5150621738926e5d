/** Where the key is that wraps the master keys, as it stands in front of what it has wrapped. */
export type HolderName = 'pkcs11' | 'vault';

/**
 * Something outside the process that wraps master keys with a key that never leaves it. It is asked once at a start, for
 * all master keys together, and never for the key of a user: those are wrapped with the master keys, in the process.
 */
export interface KeyHolder {
  /** @returns text that begins with the holder's name and a colon. @throws as `unwrap`. */
  wrap(secret: Uint8Array): Promise<string>;
  /**
   * @param held texts that `wrap` returned.
   * @returns the secrets, in the same order.
   * @throws KeyHolderError when it may work later or after a change at the holder; Error when it never will.
   */
  unwrap(held: readonly string[]): Promise<readonly Uint8Array[]>;
}

/** The holder does not do its work now. The message tells operators why, and holds no secret. */
export class KeyHolderError extends Error {
  override readonly name = 'KeyHolderError';

  constructor(
    readonly holder: HolderName,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

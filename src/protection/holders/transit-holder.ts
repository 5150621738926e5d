import { z } from 'zod';
import { KeyHolderError, type KeyHolder } from './key-holder.js';

/** A key of the transit engine of HashiCorp Vault, or of a server that speaks its protocol. */
export interface TransitSettings {
  /** Address of the server, without a slash at the end. */
  readonly address: string;
  /** Undefined sends none, for an agent on this machine that adds its own. */
  readonly token: string | undefined;
  readonly namespace: string | undefined;
  /** Path that the engine is mounted at. */
  readonly mount: string;
  /** Name of the key. */
  readonly key: string;
  /** @default 5000 */
  readonly timeoutMs?: number;
}

const encrypted = z.object({ data: z.object({ ciphertext: z.string() }) });
const decrypted = z.object({
  data: z.object({ batch_results: z.array(z.object({ plaintext: z.string() })) }),
});
const refused = z.object({ errors: z.array(z.string()) });
const refusedBatch = z.object({
  data: z.object({ batch_results: z.array(z.object({ error: z.string().default('') })) }),
});

/** What a server says of its failure is shown up to here. */
const LONGEST_REASON = 200;

/** Wraps master keys with Vault's transit engine: https://developer.hashicorp.com/vault/api-docs/secret/transit */
export class TransitHolder implements KeyHolder {
  constructor(private readonly settings: TransitSettings) {}

  async wrap(secret: Uint8Array): Promise<string> {
    const answer = await this.#ask('encrypt', { plaintext: Buffer.from(secret).toString('base64') });
    const { success, data } = encrypted.safeParse(answer);
    if (!success) throw this.#failure('answered something else than a ciphertext');
    return data.data.ciphertext;
  }

  async unwrap(held: readonly string[]): Promise<Uint8Array[]> {
    const answer = await this.#ask('decrypt', { batch_input: held.map((ciphertext) => ({ ciphertext })) });
    const { success, data } = decrypted.safeParse(answer);
    if (!success || data.data.batch_results.length !== held.length)
      throw this.#failure('answered something else than the keys it was asked for');
    return data.data.batch_results.map(({ plaintext }) => Buffer.from(plaintext, 'base64'));
  }

  async #ask(operation: 'encrypt' | 'decrypt', body: unknown): Promise<unknown> {
    const { address, token, namespace, mount, key, timeoutMs = 5000 } = this.settings;
    let status: number;
    let answer: unknown;
    try {
      const response = await fetch(`${address}/v1/${mount}/${operation}/${encodeURIComponent(key)}`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          'X-Vault-Request': 'true',
          ...(token !== undefined && { 'X-Vault-Token': token }),
          ...(namespace !== undefined && { 'X-Vault-Namespace': namespace }),
        },
        body: JSON.stringify(body),
        // The token must not follow to another address.
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      status = response.status;
      answer = await response.json().catch(() => undefined);
    } catch (error) {
      throw this.#failure(`cannot be reached (${reasonOf(error)})`);
    }
    if (status === 200) return answer;
    const said = reasonIn(answer);
    // The server works, and the key or what it wrapped is not the right one: asking again changes nothing.
    if (status === 400)
      throw new Error(`Vault at ${address} refuses to ${operation} with the key ${mount}/${key}${said}`);
    throw this.#failure(`answered ${status} to ${operation} with the key ${mount}/${key}${said}`);
  }

  #failure(what: string): KeyHolderError {
    return new KeyHolderError('vault', `Vault at ${this.settings.address} ${what}`);
  }
}

/** The error itself is not passed on: it may hold parts of the request. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return 'no answer in time';
  const { cause } = error;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return error.name;
}

function reasonIn(answer: unknown): string {
  const single = refused.safeParse(answer);
  const batch = refusedBatch.safeParse(answer);
  const reasons = [
    ...(single.success ? single.data.errors : []),
    ...(batch.success ? batch.data.data.batch_results.map(({ error }) => error) : []),
  ].filter((reason) => reason !== '');
  const text = [...new Set(reasons)].join('; ').replaceAll(/\s+/g, ' ').slice(0, LONGEST_REASON);
  return text === '' ? '' : `: ${text}`;
}

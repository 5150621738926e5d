import { fork } from 'node:child_process';
import { compiledFile } from '../../project-root.js';
import { KeyHolderError, type KeyHolder } from './key-holder.js';
import type { Pkcs11Reply, Pkcs11Request, Pkcs11Settings } from './pkcs11-messages.js';

const PREFIX = 'pkcs11:';

/** Wraps master keys with an AES key of a PKCS#11 token, by AES-GCM: nonce (12 bytes), ciphertext, tag (16). */
export class Pkcs11Holder implements KeyHolder {
  #refusedPin: KeyHolderError | undefined;

  constructor(private readonly settings: Pkcs11Settings) {}

  async wrap(secret: Uint8Array): Promise<string> {
    const [wrapped] = await this.#ask('encrypt', [secret]);
    return `${PREFIX}${Buffer.from(wrapped ?? []).toString('base64')}`;
  }

  unwrap(held: readonly string[]): Promise<readonly Uint8Array[]> {
    return this.#ask(
      'decrypt',
      held.map((text) => Buffer.from(text.slice(PREFIX.length), 'base64')),
    );
  }

  async #ask(
    operation: Pkcs11Request['operation'],
    values: readonly Uint8Array[],
  ): Promise<readonly Uint8Array[]> {
    // Tokens lock after a few wrong PINs.
    if (this.#refusedPin !== undefined) throw this.#refusedPin;
    const reply = await this.#inChild({ settings: this.settings, operation, values });
    if ('values' in reply) return reply.values;
    const { module } = this.settings;
    switch (reply.failure) {
      case 'setup':
        throw new Error(`PKCS11_MODULE: ${module} ${reply.message}`);
      case 'pin':
        this.#refusedPin = this.#failure(
          `${reply.message}: the PIN is not tried again, so that the token does not lock; set the right one and restart`,
        );
        throw this.#refusedPin;
      case 'token':
        throw this.#failure(reply.message);
    }
  }

  #inChild(request: Pkcs11Request): Promise<Pkcs11Reply> {
    const child = fork(compiledFile('src/protection/holders/pkcs11-child.ts'), {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      timeout: this.settings.timeoutMs ?? 20_000,
      killSignal: 'SIGKILL',
    });
    return new Promise((resolve, reject) => {
      const fail = (what: string): void => {
        reject(this.#failure(what));
      };
      child.once('message', (reply: Pkcs11Reply) => {
        resolve(reply);
      });
      child.once('error', (error) => {
        fail(`cannot be asked (${error.message})`);
      });
      child.once('close', (code, signal) => {
        fail(
          signal === 'SIGKILL' ? 'did not answer in time' : `ended with ${signal ?? `code ${code ?? '?'}`}`,
        );
      });
      child.send(request);
    });
  }

  #failure(what: string): KeyHolderError {
    return new KeyHolderError('pkcs11', `The PKCS#11 library ${this.settings.module} ${what}`);
  }
}

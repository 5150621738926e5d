import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A transit key: its versions, the first one first. */
interface TransitKey {
  readonly versions: Buffer[];
  leastVersion: number;
}

/**
 * Speaks the encrypt and decrypt calls of Vault's transit engine as its API documentation describes them, with keys in
 * memory. It stands in for the real server, which the tests do not have.
 */
export class TransitServer {
  readonly token = `hvs.${randomBytes(12).toString('hex')}`;
  /** Paths that were asked, the oldest first. */
  readonly requests: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  /** What a token may do. */
  allowed = ['encrypt', 'decrypt'];
  sealed = false;
  /** Answers nothing at all. */
  hanging = false;
  readonly #keys = new Map<string, TransitKey>();
  #server: Server | undefined;
  #port = 0;

  /** @param tls certificate and key in PEM; without them it speaks plain HTTP. */
  constructor(private readonly tls?: { readonly cert: string; readonly key: string }) {}

  /** Listens, on the same port each time. */
  async start(): Promise<this> {
    const listener: RequestListener = (request, response) => {
      void readText(request).then((text) => {
        this.requests.push(request.url ?? '');
        this.headers.push(request.headers);
        if (this.hanging) return;
        const { status, body } = this.#answer(request, text);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    };
    const server = this.tls === undefined ? createServer(listener) : createSecureServer(this.tls, listener);
    this.#server = server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  get address(): string {
    return this.tls === undefined ? `http://127.0.0.1:${this.#port}` : `https://localhost:${this.#port}`;
  }

  /** Makes a key, or a new version of it. */
  rotate(name: string): void {
    const key = this.#keys.get(name) ?? { versions: [], leastVersion: 1 };
    key.versions.push(randomBytes(32));
    this.#keys.set(name, key);
  }

  /** Sets `min_decryption_version`. */
  retire(name: string, leastVersion: number): void {
    const key = this.#keys.get(name);
    if (key !== undefined) key.leastVersion = leastVersion;
  }

  #answer({ url = '', method, headers }: IncomingMessage, text: string): Answer {
    if (this.sealed) return failure(503, 'Vault is sealed');
    const [, mount, operation = '', name = ''] =
      /^\/v1\/([^/]+)\/(encrypt|decrypt)\/([^/]+)$/.exec(url) ?? [];
    if (mount !== 'transit')
      return failure(404, `no handler for route "${url.slice(4)}". route entry not found.`);
    if (headers['x-vault-token'] !== this.token || !this.allowed.includes(operation))
      return failure(403, '1 error occurred:\n\t* permission denied\n\n');
    if (method !== 'POST' && method !== 'PUT') return failure(405, 'unsupported operation');
    const key = this.#keys.get(name);
    if (key === undefined) return failure(400, 'encryption key not found');
    const body = JSON.parse(text) as {
      plaintext?: string;
      ciphertext?: string;
      batch_input?: readonly { plaintext?: string; ciphertext?: string }[];
    };
    const work = operation === 'encrypt' ? encrypt : decrypt;
    if (body.batch_input === undefined) {
      const result = work(key, body);
      return result.error === undefined
        ? { status: 200, body: { data: result } }
        : failure(400, result.error);
    }
    const results = body.batch_input.map((item) => work(key, item));
    const status = results.some(({ error }) => error !== undefined) ? 400 : 200;
    return { status, body: { data: { batch_results: results } } };
  }
}

function failure(status: number, ...errors: string[]): Answer {
  return { status, body: { errors } };
}

type Result = Partial<Record<'ciphertext' | 'plaintext' | 'error', string>>;

function encrypt({ versions }: TransitKey, { plaintext }: { plaintext?: string }): Result {
  if (plaintext === undefined) return { error: 'missing plaintext to encrypt' };
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', versions.at(-1) ?? '', nonce);
  const sealed = [
    nonce,
    cipher.update(Buffer.from(plaintext, 'base64')),
    cipher.final(),
    cipher.getAuthTag(),
  ];
  return { ciphertext: `vault:v${versions.length}:${Buffer.concat(sealed).toString('base64')}` };
}

function decrypt(
  { versions, leastVersion }: TransitKey,
  { ciphertext = '' }: { ciphertext?: string },
): Result {
  const [, version = '', encoded = ''] = /^vault:v(\d+):(.+)$/.exec(ciphertext) ?? [];
  const secret = versions[Number(version) - 1];
  if (secret === undefined) return { error: 'invalid ciphertext: no prefix' };
  if (Number(version) < leastVersion)
    return { error: 'ciphertext or signature version is disallowed by policy (too old)' };
  const sealed = Buffer.from(encoded, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    const opened = [decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
    return { plaintext: Buffer.concat(opened).toString('base64') };
  } catch {
    return { error: 'cipher: message authentication failed' };
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

import { createWriteStream } from 'node:fs';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { EnvHttpProxyAgent, fetch, type Response } from 'undici';
import { fileDigest } from '../src/models/choose-models.js';
import { ModelError } from '../src/models/model-error.js';

export interface DownloadOptions {
  readonly address: string;
  /** Where the file goes; what is unfinished waits beside it as `.part`. */
  readonly path: string;
  /** SHA-256 of the whole file, hexadecimal. */
  readonly sha256: string;
  /** No more is kept on the disk. */
  readonly maxBytes: number;
  /** Called with the bytes received so far, and with the total where the server states it. */
  readonly onProgress?: (received: number, total: number | null) => void;
  /**
   * How often the connection may fail without a byte gained in between.
   * @default 5
   */
  readonly attempts?: number;
  /**
   * Milliseconds before the second attempt; doubled for each later one.
   * @default 1000
   */
  readonly retryDelayMs?: number;
  /**
   * Milliseconds without a byte after which the connection is given up.
   * @default 30_000
   */
  readonly idleTimeoutMs?: number;
}

/** A failure that another attempt may get past. */
class Interruption extends Error {
  override readonly name = 'Interruption';
}

const LFS_POINTER = 'version https://git-lfs.github.com/spec/';

/**
 * Fetches a file whose SHA-256 is known and puts it in place whole. What an earlier call began is continued when the
 * server can do so. Goes through the proxy of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
 * @throws ModelError when the file cannot be fetched or is not the expected one; then nothing is at `path` that was not before.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { path, attempts = 5, retryDelayMs = 1000, idleTimeoutMs = 30_000 } = options;
  const dispatcher = new EnvHttpProxyAgent({
    headersTimeout: idleTimeoutMs,
    bodyTimeout: idleTimeoutMs,
    connect: { timeout: idleTimeoutMs },
  });
  try {
    for (let failures = 0; ;) {
      const before = await sizeOf(partOf(path));
      try {
        await receive(options, dispatcher);
        break;
      } catch (error) {
        if (!(error instanceof Interruption)) throw error;
        failures = (await sizeOf(partOf(path))) > before ? 1 : failures + 1;
        if (failures >= attempts)
          throw new ModelError(
            `${options.address} could not be fetched. Run the command again to go on, or fetch the file elsewhere and add it with --from.`,
            { cause: error.cause },
          );
        await wait(retryDelayMs * 2 ** (failures - 1));
      }
    }
    await putInPlace(options);
  } finally {
    await dispatcher.destroy();
  }
}

/** Continues or begins the unfinished file, to its end. */
async function receive(options: DownloadOptions, dispatcher: EnvHttpProxyAgent): Promise<void> {
  const part = partOf(options.path);
  const begun = await sizeOf(part);
  const version = begun > 0 ? await readFile(versionOf(options.path), 'utf8').catch(() => '') : '';
  // Without a validator the server could continue another version of the file.
  const resumed = begun > 0 && version !== '';
  const headers = resumed ? { range: `bytes=${begun}-`, 'if-range': version } : {};
  const response = await attempt(() => fetch(options.address, { headers, dispatcher }));
  if (response.status === 416) {
    await response.body?.cancel();
    await removePart(options.path);
    throw new Interruption('The unfinished file was longer than the whole one.');
  }
  if (response.status !== 200 && response.status !== 206) await refuse(response, options.address);
  const continues = response.status === 206;
  if (continues && !startsAt(response, begun)) {
    await response.body?.cancel();
    await removePart(options.path);
    throw new Interruption('The server sent another part of the file.');
  }
  if (!continues) await begin(response, options.path);
  await append(response, continues ? begun : 0, options);
}

/** Notes which version is coming, before its first byte, so that an interrupted download can be continued. */
async function begin(response: Response, path: string): Promise<void> {
  await removePart(path);
  const etag = response.headers.get('etag') ?? '';
  await writeFile(versionOf(path), etag.startsWith('"') ? etag : '');
}

async function append(response: Response, from: number, options: DownloadOptions): Promise<void> {
  const { path, maxBytes, onProgress } = options;
  const length = Number(response.headers.get('content-length') ?? NaN);
  const total = Number.isFinite(length) ? from + length : null;
  if (total !== null && total > maxBytes) await tooLarge(options);
  let received = from;
  const body = response.body;
  if (body === null) throw new Interruption('The answer had no body.');
  const measured = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      received += chunk.length;
      if (received > maxBytes) await tooLarge(options);
      yield chunk;
      onProgress?.(received, total);
    }
  };
  await attempt(() =>
    pipeline(Readable.fromWeb(body), measured, createWriteStream(partOf(path), { flags: 'a', mode: 0o644 })),
  );
}

async function tooLarge({ address, path, maxBytes }: DownloadOptions): Promise<never> {
  await removePart(path);
  throw new ModelError(
    `${address} sends more than the ${maxBytes} bytes of the expected file: it is another one.`,
  );
}

async function putInPlace({ address, path, sha256 }: DownloadOptions): Promise<void> {
  const part = partOf(path);
  await assertExpected(part, sha256, address).catch(async (error: unknown) => {
    await removePart(path);
    throw error;
  });
  const file = await open(part, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
  await rm(versionOf(path), { force: true });
}

/**
 * @param origin address or path that the file is from, for the message.
 * @throws ModelError when the file is another one; says so when it is a Git-LFS pointer.
 */
export async function assertExpected(path: string, sha256: string, origin: string): Promise<void> {
  const found = await fileDigest(path);
  if (found === sha256) return;
  if (await isLfsPointer(path))
    throw new ModelError(
      `${origin} is only a Git-LFS pointer, not the model itself. Fetch the file with "git lfs pull", or by its download link, and add it with --from.`,
    );
  throw new ModelError(
    `${origin} is not the expected file: its SHA-256 is ${found} instead of ${sha256}. It was not added.`,
  );
}

async function isLfsPointer(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LFS_POINTER.length), 0, LFS_POINTER.length, 0);
    return buffer.toString('latin1', 0, bytesRead) === LFS_POINTER;
  } finally {
    await file.close();
  }
}

async function refuse(response: Response, address: string): Promise<never> {
  await response.body?.cancel();
  const { status } = response;
  if (status >= 500 || status === 408 || status === 429)
    throw new Interruption('The server failed.', { cause: new Error(`HTTP status ${status}`) });
  throw new ModelError(
    `${address} answered with HTTP status ${status}. Fetch the file elsewhere and add it with --from.`,
  );
}

/** Network failures become interruptions; refusals pass. */
async function attempt<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ModelError || (error instanceof Error && isDiskFailure(error))) throw error;
    throw new Interruption('The connection failed.', {
      cause: error instanceof Error && error.cause instanceof Error ? error.cause : error,
    });
  }
}

function isDiskFailure(error: Error): boolean {
  return (
    'code' in error && typeof error.code === 'string' && /^(ENOSPC|EACCES|EROFS|EDQUOT|EIO)$/.test(error.code)
  );
}

function startsAt(response: Response, offset: number): boolean {
  return response.headers.get('content-range')?.startsWith(`bytes ${offset}-`) ?? false;
}

function partOf(path: string): string {
  return `${path}.part`;
}

/** Holds the entity tag of the version that the unfinished file is of. */
function versionOf(path: string): string {
  return `${path}.part-version`;
}

async function removePart(path: string): Promise<void> {
  await rm(partOf(path), { force: true });
  await rm(versionOf(path), { force: true });
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}

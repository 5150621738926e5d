import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { addModel, type AddOptions } from '../../models/add-model.js';
import { download, type DownloadOptions } from '../../models/download.js';
import { ModelError } from '../../src/models/model-error.js';
import { sha256 } from '../../models/model-sources.js';
import { optionalModels } from '../../src/models/optional-models.js';
import { runCommand } from '../support/service/run-command.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const model = randomBytes(300_000);
const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 300000\n`;

afterEach(() => {
  vi.unstubAllEnvs();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.onnx`;
}

interface FileServerOptions {
  /** Cuts these answers off after so many bytes. */
  readonly cutAfter?: readonly number[];
  readonly ranges?: boolean;
  readonly etag?: string | null;
}

/** Serves the model as web servers do, and notes the ranges asked for. */
function fileServer({ cutAfter = [], ranges = true, etag = '"one"' }: FileServerOptions = {}) {
  const asked: (string | undefined)[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    asked.push(request.headers.range);
    const cut = cutAfter[asked.length - 1];
    const [, start] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
    const from = ranges && start !== undefined && request.headers['if-range'] === etag ? Number(start) : 0;
    const body = model.subarray(from);
    if (etag !== null) response.setHeader('etag', etag);
    response.setHeader('content-length', body.length);
    if (from > 0) response.setHeader('content-range', `bytes ${from}-${model.length - 1}/${model.length}`);
    response.writeHead(from > 0 ? 206 : 200);
    if (cut === undefined) response.end(body);
    else response.write(body.subarray(0, cut), () => setTimeout(() => response.destroy(), 250));
  };
  return { asked, listener };
}

/** First byte asked for; what had not reached the disk when the connection was cut is asked for again. */
function offsetOf(range: string | undefined): number {
  return Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
}

function options(
  address: string,
  changes: Partial<DownloadOptions> = {},
): DownloadOptions & { folder: string } {
  const folder = temporaryFolder();
  return {
    address,
    path: join(folder, 'model.onnx'),
    sha256: sha256(model),
    maxBytes: model.length,
    retryDelayMs: 1,
    folder,
    ...changes,
  };
}

async function failure(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ModelError)) throw new Error('Expected a ModelError', { cause: error });
  return error.message;
}

describe('a download', () => {
  it('puts the whole file in place and nothing else, and tells how far it is', async () => {
    const { listener } = fileServer();
    const progress: (readonly [number, number | null])[] = [];
    const wanted = options(await serve(listener), {
      onProgress: (received, total) => progress.push([received, total]),
    });
    await download(wanted);
    expect(readFileSync(wanted.path).equals(model)).toBe(true);
    expect(readdirSync(wanted.folder)).toEqual(['model.onnx']);
    expect(progress.at(-1)).toEqual([model.length, model.length]);
  });

  it('goes on after interruptions where it was', async () => {
    const { asked, listener } = fileServer({ cutAfter: [100_000, 50_000] });
    const wanted = options(await serve(listener));
    await download(wanted);
    expect(readFileSync(wanted.path).equals(model)).toBe(true);
    expect(asked).toHaveLength(3);
    expect(offsetOf(asked[1])).toBeGreaterThan(0);
    expect(offsetOf(asked[2])).toBeGreaterThan(offsetOf(asked[1]));
  });

  it('goes on in a later run', async () => {
    const broken = fileServer({ cutAfter: [100_000] });
    const wanted = options(await serve(broken.listener), { attempts: 1 });
    expect(await failure(download(wanted))).toContain('Run the command again');
    expect(existsSync(wanted.path)).toBe(false);
    const whole = fileServer();
    await download({ ...wanted, address: await serve(whole.listener) });
    expect(offsetOf(whole.asked[0])).toBeGreaterThan(0);
    expect(readFileSync(wanted.path).equals(model)).toBe(true);
  });

  it.each([
    ['does not know ranges', { ranges: false }],
    ['names no version', { etag: null }],
    ['names weak versions only', { etag: 'W/"one"' }],
  ])('begins anew where the server %s', async (_, changes) => {
    const { asked, listener } = fileServer({ cutAfter: [100_000], ...changes });
    const wanted = options(await serve(listener));
    await download(wanted);
    expect(readFileSync(wanted.path).equals(model)).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it('begins anew when the file has changed meanwhile', async () => {
    const first = fileServer({ cutAfter: [100_000], etag: '"old"' });
    const wanted = options(await serve(first.listener), { attempts: 1 });
    await failure(download(wanted));
    const second = fileServer({ etag: '"new"' });
    await download({ ...wanted, address: await serve(second.listener) });
    expect(readFileSync(wanted.path).equals(model)).toBe(true);
  });

  it('gives up a server that never gets further, or is not there', async () => {
    const { asked, listener } = fileServer({ cutAfter: [0, 0, 0, 0] });
    const wanted = options(await serve(listener), { attempts: 3 });
    expect(await failure(download(wanted))).toContain('could not be fetched');
    expect(asked).toHaveLength(3);
    const absent = options('http://127.0.0.1:1/model.onnx', { attempts: 2 });
    expect(await failure(download(absent))).toContain('could not be fetched');
  });

  it('gives up a server that falls silent', async () => {
    const address = await serve((_, response) => {
      response.writeHead(200, { 'content-length': model.length, etag: '"one"' });
      response.write(model.subarray(0, 1000));
    });
    const wanted = options(address, { attempts: 1, idleTimeoutMs: 300 });
    expect(await failure(download(wanted))).toContain('could not be fetched');
  });

  it('tries again when the server fails for a moment', async () => {
    const { listener } = fileServer();
    let refused = 0;
    const address = await serve((request, response) => {
      if (refused++ < 2) response.writeHead(503).end();
      else listener(request, response);
    });
    const wanted = options(address);
    await download(wanted);
    expect(readFileSync(wanted.path).equals(model)).toBe(true);
  });

  it.each([
    ['a file with another content', Buffer.alloc(300_000, 1), 'its SHA-256 is'],
    ['a Git-LFS pointer', Buffer.from(pointer), 'Git-LFS pointer'],
    ['a page', Buffer.from('<html>Sign in</html>'), 'its SHA-256 is'],
    ['nothing', Buffer.alloc(0), 'its SHA-256 is'],
  ])('refuses %s and leaves nothing of it', async (_, body, reason) => {
    const wanted = options(await serve((__, response) => response.end(body)));
    writeFileSync(wanted.path, 'what was there before');
    const message = await failure(download(wanted));
    expect(message).toContain(reason);
    expect(message).toContain(wanted.address);
    expect(readdirSync(wanted.folder)).toEqual(['model.onnx']);
    expect(readFileSync(wanted.path, 'utf8')).toBe('what was there before');
  });

  it.each([
    ['says', true],
    ['does not say', false],
  ])('ends when the file is too large and the server %s so', async (_, says) => {
    const address = await serve((__, response) => {
      if (says) response.setHeader('content-length', 400_000);
      response.end(Buffer.alloc(400_000));
    });
    const wanted = options(address);
    expect(await failure(download(wanted))).toContain('more than the 300000 bytes');
    expect(readdirSync(wanted.folder)).toEqual([]);
  });

  it('says what the server answered when there is no such file', async () => {
    const wanted = options(await serve((_, response) => response.writeHead(404).end('no')));
    expect(await failure(download(wanted))).toContain('HTTP status 404');
    expect(readdirSync(wanted.folder)).toEqual([]);
  });

  it('goes through the proxy of the environment, except to hosts it leaves out', async () => {
    const { listener } = fileServer();
    const address = await serve(listener);
    const tunnelled: (string | undefined)[] = [];
    const proxy = createServer((_, response) => response.writeHead(500).end());
    proxy.on('connect', (request: IncomingMessage, client: Socket) => {
      tunnelled.push(request.url);
      const target = connect(Number(new URL(address).port), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        target.pipe(client).pipe(target);
      });
      for (const end of [client, target]) end.on('error', () => undefined);
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    onTestFinished(() => {
      proxy.closeAllConnections();
      proxy.close();
    });
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
    // A name that only the proxy can reach.
    const behind = address.replace('127.0.0.1', 'models.invalid');
    const wanted = options(behind);
    await download(wanted);
    expect(readFileSync(wanted.path).equals(model)).toBe(true);
    expect(tunnelled).toEqual([new URL(behind).host]);

    vi.stubEnv('NO_PROXY', '127.0.0.1');
    await download(options(address));
    expect(tunnelled).toHaveLength(1);
  });
});

describe('npm run models -- add', () => {
  const models = (address: string) => ({
    sface: { ...optionalModels.sface, sha256: sha256(model), download: { address, maxBytes: model.length } },
  });
  const add = (name: string, address: string, changes: AddOptions) =>
    addModel(name, changes, models(address));

  it('downloads once, and again when the file was damaged', async () => {
    const { asked, listener } = fileServer();
    const address = await serve(listener);
    const folder = join(temporaryFolder(), 'models');
    const path = await add('sface', address, { folder });
    expect(await add('sface', address, { folder })).toBe(path);
    expect(asked).toHaveLength(1);
    writeFileSync(path, 'damaged');
    await add('sface', address, { folder });
    expect(readFileSync(path).equals(model)).toBe(true);
    expect(asked).toHaveLength(2);
  });

  it('takes the model from a file, and no other file', async () => {
    const folder = temporaryFolder();
    const from = join(temporaryFolder(), 'copy.onnx');
    const address = 'http://127.0.0.1:1/';
    expect(await failure(add('sface', address, { folder, from }))).toContain(from);
    writeFileSync(from, pointer);
    expect(await failure(add('sface', address, { folder, from }))).toContain('Git-LFS pointer');
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(from, model);
    const path = await add('sface', address, { folder, from });
    expect(readFileSync(path).equals(model)).toBe(true);
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it.each([
    [['list'], 0, /sface +embedder +(not )?added +Apache-2.0/],
    [
      ['add', 'constructor'],
      1,
      /There is no model "constructor" to add: choose one of yunet, sface, auraface/,
    ],
    [['add'], 1, /Usage/],
    [['add', 'sface', '--froom', 'x'], 1, /--froom[\s\S]*Usage/],
    [['add', 'sface', '--from', 'package.json'], 1, /package.json is not the expected file/],
  ])('as a command with %j', async (args, code, output) => {
    const result = await runCommand({ source: 'models/cli.ts', arguments: args, environment: {} });
    expect(result.output).toMatch(output);
    expect(result.code).toBe(code);
  });
});

import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { useTemporaryFolder } from '../../../src/api/temporary-folder.js';
import { startApi } from '../../support/api/api.js';
import type { RunningApi } from '../../support/api/api.js';
import {
  postMultipart,
  query,
  REGISTER_USER,
  upload,
  uploadBody,
  VERIFY_USER,
} from '../../support/api/graphql.js';
import { multipartBody, multipartType, sendRaw, userForm } from '../../support/api/http.js';

let running: RunningApi;

beforeEach(async () => {
  running = await startApi({ environment: { MAX_IMAGE_BYTES: '5000000' } });
});
afterEach(() => running.close());

const spooled = () => readdir(running.temporaryFolder);

const head = (length: number) =>
  'POST /graphql HTTP/1.1\r\nHost: localhost\r\nApollo-Require-Preflight: true\r\n' +
  `Content-Type: ${multipartType}\r\nContent-Length: ${length}\r\n\r\n`;

it('keeps pictures on their way in a private folder, empty again after every kind of answer', async () => {
  const picture = Buffer.alloc(1_000_000, 'x');
  expect((await stat(running.temporaryFolder)).mode & 0o777).toBe(0o700);
  await upload(running.url, REGISTER_USER, 'user1', picture);
  await upload(running.url, REGISTER_USER, 'user1', picture);
  await upload(running.url, VERIFY_USER, 'nobody', Buffer.alloc(6_000_000, 'x'));
  await upload(running.url, 'mutation { syntax error', 'user1', picture);
  await upload(running.url, 'query ($id: ID, $image: Upload) { users(after: $id) { id } }', 'user1', picture);
  await postMultipart(running.url, uploadBody(REGISTER_USER, 'user1', picture), {});
  await expect.poll(spooled).toEqual([]);
});

it('spools into that folder while a picture arrives, and drops the file when the client goes away', async () => {
  const body = uploadBody(REGISTER_USER, 'user1', Buffer.alloc(1_000_000, 'x'));
  const socket = connect(running.port, '127.0.0.1');
  socket.write(head(body.length));
  socket.write(body.subarray(0, 500_000));
  await expect.poll(spooled).toHaveLength(1);
  socket.destroy();
  await expect.poll(spooled).toEqual([]);
  await expect
    .poll(() => running.logs)
    .toContainEqual(expect.objectContaining({ msg: 'request', route: '/graphql', aborted: true }));
  expect(running.users.faces.size).toBe(0);
});

it('tells the service when the client goes away during the work', async () => {
  let aborted = 0;
  let started = 0;
  running.users.before = (_operation, options) =>
    new Promise((_resolve, reject) => {
      started += 1;
      options.signal?.addEventListener('abort', () => {
        aborted += 1;
        reject(new Error('cancelled'));
      });
    });
  const graphqlBody = uploadBody(VERIFY_USER, 'user1', 'face');
  const form = userForm('user1', 'face');
  const restHead = `POST /verify/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${multipartType}\r\nContent-Length: ${form.body?.length ?? 0}\r\n\r\n`;
  const sockets = [
    [head(graphqlBody.length), graphqlBody],
    [restHead, form.body ?? ''],
  ].map(([first = '', second = '']) => {
    const socket = connect(running.port, '127.0.0.1');
    socket.write(first);
    socket.write(second);
    return socket;
  });
  await expect.poll(() => started).toBe(2);
  for (const socket of sockets) socket.destroy();
  await expect.poll(() => aborted).toBe(2);
});

it('answers before a refused picture is read and leaves the connection usable', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const picture = Buffer.alloc(4_000_000, 'x');
  const post = (body: Buffer) =>
    new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const outgoing = httpRequest(
        `${running.url}/graphql`,
        {
          method: 'POST',
          agent,
          headers: {
            'Content-Type': multipartType,
            'Content-Length': body.length,
            'Apollo-Require-Preflight': 'true',
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.once('end', () => {
            resolve({ status: incoming.statusCode, text: Buffer.concat(chunks).toString() });
          });
        },
      );
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  for (const document of ['{ nothing }', 'mutation ($id: Int!) { x }', '{ users(first: 0) { id } }']) {
    const answer = await post(uploadBody(document, 'user1', picture));
    expect(answer.text).toContain('"errors"');
  }
  expect((await post(uploadBody(REGISTER_USER, 'user1', picture))).status).toBe(200);
  await expect.poll(spooled).toEqual([]);
  agent.destroy();
});

it('answers although the rest of a refused picture never comes', async () => {
  const body = uploadBody('{ nothing }', 'user1', Buffer.alloc(1_000_000, 'x'));
  const socket = connect(running.port, '127.0.0.1');
  const answer = new Promise<string>((resolve) => {
    socket.once('data', (data) => {
      resolve(data.toString());
    });
  });
  socket.write(head(body.length));
  socket.write(body.subarray(0, 300_000));
  expect(await answer).toMatch(/^HTTP\/1\.1 400 /);
  await expect.poll(spooled).toEqual([]);
  socket.destroy();
});

it('cuts off an upload that announces far too much', async () => {
  const answer = await sendRaw(
    running.port,
    head(9_999_999_999).replace('Host: localhost', 'Host: localhost\r\nConnection: close'),
  );
  expect(answer.status).toBe(413);
  expect(answer.body).toContain('"code":"IMAGE_TOO_LARGE"');
});

it('reports a full or broken disk as retryable and stays up', async () => {
  const elsewhere = join(dirname(running.temporaryFolder), 'elsewhere');
  await rename(running.temporaryFolder, elsewhere);
  const answer = await upload(running.url, REGISTER_USER, 'user1', 'face');
  expect(answer.status).toBe(503);
  expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
  await rename(elsewhere, running.temporaryFolder);
  expect((await upload(running.url, REGISTER_USER, 'user1', 'face')).status).toBe(200);
  expect((await query(running.url, '{ users { id } }')).data).toEqual({ users: [{ id: 'user1' }] });
});

it('sweeps what a killed process left, and nothing beside the folder', async () => {
  const before = tmpdir();
  const parent = await mkdtemp(join(before, 'sweep-test-'));
  const folder = join(parent, 'tmp');
  await mkdir(join(folder, 'deeper'), { recursive: true, mode: 0o755 });
  await writeFile(join(folder, 'capacitor-left-over.tmp'), 'a face');
  await writeFile(join(folder, 'deeper', 'file'), 'a face');
  await writeFile(join(parent, 'kept'), 'kept');
  await useTemporaryFolder(folder);
  expect(tmpdir()).toBe(folder);
  expect(await readdir(folder)).toEqual([]);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  expect(await readdir(parent)).toEqual(['kept', 'tmp']);
  await rm(parent, { recursive: true });
});

it('has room for as many bytes as an operation takes pictures, and no more', async () => {
  const file = { value: Buffer.alloc(4_000_000, 'x'), filename: 'f' };
  const places = ['variables.image', ...[0, 1, 2, 3].map((place) => `variables.more.${place}`)];
  const send = (document: string, map: Record<string, string[]>, names: readonly string[]) =>
    postMultipart(
      running.url,
      multipartBody([
        {
          name: 'operations',
          value: JSON.stringify({
            query: document,
            variables: { id: 'user1', image: null, more: [null, null, null, null] },
          }),
        },
        { name: 'map', value: JSON.stringify(map) },
        ...names.map((name) => ({ name, ...file })),
      ]),
    );
  const all = Object.fromEntries(places.map((place, name) => [String(name), [place]]));
  const several =
    'mutation ($id: ID!, $image: Upload!, $more: [Upload!]) { registerUser(id: $id, image: $image, moreImages: $more) { message } }';

  expect((await send(several, all, Object.keys(all))).errors).toBeUndefined();
  expect((await send(VERIFY_USER, all, Object.keys(all))).errors?.[0]).toMatchObject({
    message: 'Send one image with this operation',
    extensions: { code: 'IMAGE_COUNT' },
  });
  const padded = await send(VERIFY_USER, { 0: ['variables.image'] }, ['0', 'ignored']);
  expect(padded.errors?.[0]?.extensions['code']).toBe('IMAGE_TOO_LARGE');
  await expect.poll(spooled).toEqual([]);
});

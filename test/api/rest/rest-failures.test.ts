import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorCatalogue, isErrorCode } from '../../../src/errors.js';
import { startApi } from '../../support/api/api.js';
import type { RunningApi } from '../../support/api/api.js';
import {
  BOUNDARY,
  multipartBody,
  multipartType,
  request,
  sendRaw,
  userForm,
} from '../../support/api/http.js';
import type { Part, RawAnswer } from '../../support/api/http.js';
import { testRequest } from '../../support/api/test-origin.js';

const MAX_IMAGE_BYTES = 2_000;
let running: RunningApi;

beforeAll(async () => {
  running = await startApi({ environment: { MAX_IMAGE_BYTES: String(MAX_IMAGE_BYTES) } });
});
beforeEach(() => {
  running.users.faces.clear();
  running.users.before = () => Promise.resolve();
});
afterAll(() => running.close());

const id: Part = { name: 'id', value: 'user1' };
const image: Part = { name: 'image', value: 'face', filename: 'face.jpg', type: 'image/jpeg' };

const send = (path: string, body: string | Buffer, type: string | undefined, method = 'POST') =>
  request(running.port, { method, path, body, headers: type === undefined ? {} : { 'Content-Type': type } });

const sendParts = (path: string, ...parts: Part[]) => send(path, multipartBody(parts), multipartType);

const routes = [
  { path: '/register/', incomplete: 'ID and image are required', rest: {} },
  { path: '/verify/', incomplete: 'Image and ID are required', rest: { verified: false } },
];

function expectFailure(answer: RawAnswer, status: number, body: object): void {
  expect({ status: answer.status, type: answer.headers['content-type'], body: answer.body }).toEqual({
    status,
    type: 'application/json; charset=utf-8',
    body: JSON.stringify(body),
  });
}

describe.each(routes)('POST $path', ({ path, incomplete, rest }) => {
  it.each<[string, Part[]]>([
    ['no part at all', []],
    ['no id', [image]],
    ['no image', [id]],
    ['an empty id', [{ name: 'id', value: '' }, image]],
    ['two ids', [id, id, image]],
    ['an id that is a list', [{ name: 'id[]', value: 'user1' }, image]],
    ['an id that is an object', [{ name: 'id[__proto__]', value: 'user1' }, image]],
    ['the image as a text field', [id, { name: 'image', value: 'face' }]],
    ['the image as a long text field', [id, { name: 'image', value: 'x'.repeat(20_000) }]],
    ['the image under another name', [id, { ...image, name: 'photo' }]],
    ['no file chosen in the browser', [id, { name: 'image', value: '', filename: '', type: 'image/jpeg' }]],
  ])('is incomplete with %s', async (_case, parts) => {
    expectFailure(await sendParts(path, ...parts), 400, { error: incomplete, ...rest });
    expect(running.users.faces.size).toBe(0);
  });

  it.each<[string, string | undefined]>([
    ['no content type', undefined],
    ['text', 'text/plain'],
    ['JSON', 'application/json'],
    ['an urlencoded form', 'application/x-www-form-urlencoded'],
    ['a content type that is none', ';;;'],
  ])('is incomplete with %s', async (_case, type) => {
    expectFailure(await send(path, '{"id":"user1","image":"face"}', type), 400, {
      error: incomplete,
      ...rest,
    });
  });

  it.each<[string, string, string | Buffer]>([
    ['has no boundary', 'multipart/form-data', multipartBody([id, image])],
    ['uses another boundary', 'multipart/form-data; boundary=other', multipartBody([id, image])],
    [
      'lacks the last boundary',
      multipartType,
      multipartBody([id, image]).subarray(0, -(BOUNDARY.length + 10)),
    ],
    [
      'has a malformed part header',
      multipartType,
      `--${BOUNDARY}\r\nno colon here\r\n\r\nx\r\n--${BOUNDARY}--\r\n`,
    ],
    ['has a boundary with = that is not quoted', 'multipart/form-data; boundary=a=b', '--a=b--\r\n'],
    ['has a boundary with : that is not quoted', 'multipart/form-data; boundary=a:b', '--a:b--\r\n'],
    ['is empty', multipartType, ''],
    ['is not a form', 'multipart/mixed; boundary=x', '--x--\r\n'],
  ])('refuses a multipart body that %s', async (_case, type, body) => {
    expectFailure(await send(path, body, type), 400, {
      error: 'The multipart body is malformed or incomplete',
      ...rest,
    });
  });

  it('refuses two images', async () => {
    expectFailure(await sendParts(path, id, image, image), 400, { error: 'Send exactly one image', ...rest });
  });

  it('refuses more fields than a form needs', async () => {
    const fields = Array.from({ length: 11 }, (_, index) => ({ name: `field${index}`, value: '' }));
    const answer = await sendParts(path, ...fields, id, image);
    expectFailure(answer, 400, { error: 'The form cannot be used: Too many fields', ...rest });
  });

  it('tolerates a few fields it does not know, as browsers and frameworks add them', async () => {
    const answer = await sendParts(path, { name: 'csrf_token', value: 'x' }, id, image);
    expect(answer.status).not.toBe(413);
    expect(answer.body).not.toContain('form');
  });

  it.each([256, 20_000])('refuses an id of %i characters', async (length) => {
    const answer = await sendParts(path, { name: 'id', value: 'x'.repeat(length) }, image);
    expectFailure(answer, 400, { error: errorCatalogue.BAD_ID.message, ...rest });
  });

  it('accepts an image of exactly the limit and refuses one byte more', async () => {
    const sized = (bytes: number) => sendParts(path, id, { ...image, value: 'x'.repeat(bytes) });
    expect((await sized(MAX_IMAGE_BYTES)).status).toBe(path === '/register/' ? 201 : 400);
    expectFailure(await sized(MAX_IMAGE_BYTES + 1), 413, { error: 'The image is too large', ...rest });
  });

  it('refuses a body that announces far too much before it is sent', async () => {
    const answer = await sendRaw(
      running.port,
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: ${multipartType}\r\nContent-Length: 9999999999\r\n\r\n`,
    );
    expectFailure(answer, 413, { error: 'The image is too large', ...rest });
  });

  it('refuses a chunked body that is too large', async () => {
    const body = multipartBody([id, { ...image, value: 'x'.repeat(10_000) }]);
    const answer = await sendRaw(
      running.port,
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: ${multipartType}\r\nTransfer-Encoding: chunked\r\n\r\n`,
      `${body.length.toString(16)}\r\n`,
      body,
      '\r\n0\r\n\r\n',
    );
    expectFailure(answer, 413, { error: 'The image is too large', ...rest });
  });

  it.each(Object.keys(errorCatalogue).filter((code) => code !== 'INTERNAL'))(
    'answers %s with the status and sentence of the catalogue',
    async (code) => {
      const answer = await request(running.port, {
        method: 'POST',
        path,
        ...userForm('user1', `error:${code}`),
      });
      if (!isErrorCode(code)) throw new Error('The table is made from the catalogue.');
      const { status, message, retryable } = errorCatalogue[code];
      expectFailure(answer, status, { error: message, ...rest });
      expect(answer.headers['retry-after']).toBe(retryable ? '1' : undefined);
    },
  );

  it('refuses other methods with Allow', async () => {
    for (const method of path === '/verify/' ? ['GET', 'PUT', 'DELETE', 'PATCH'] : ['PUT', 'PATCH']) {
      const answer = await request(running.port, { method, path });
      expectFailure(answer, 405, { error: 'This address does not take that method', ...rest });
      expect(answer.headers['allow']).toBe(
        path === '/verify/' ? 'POST, OPTIONS' : 'GET, HEAD, POST, DELETE, OPTIONS',
      );
    }
  });

  it('answers OPTIONS with the methods', async () => {
    const answer = await request(running.port, { method: 'OPTIONS', path });
    expect(answer.status).toBe(204);
    expect(answer.headers['allow']).toContain('POST');
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('DELETE /register/', () => {
  const remove = (body: string | Buffer, type?: string) => send('/register/', body, type, 'DELETE');

  beforeEach(async () => {
    await running.users.register('user 1', Buffer.from('face'), testRequest);
  });

  it.each([
    ['multipart', multipartBody([{ name: 'id', value: 'user 1' }]), multipartType],
    ['urlencoded', 'id=user+1', 'application/x-www-form-urlencoded'],
    ['JSON', '{"id":"user 1"}', 'application/json; charset=utf-8'],
  ])('takes a %s body', async (_case, body, type) => {
    expect((await remove(body, type)).status).toBe(204);
    expect(running.users.faces.size).toBe(0);
  });

  it.each<[string, string, string | undefined]>([
    ['no body', '', undefined],
    ['no content type', 'id=user+1', undefined],
    ['another content type', 'id=user+1', 'text/plain'],
    ['an empty id', 'id=', 'application/x-www-form-urlencoded'],
    ['two ids', 'id=user+1&id=user+1', 'application/x-www-form-urlencoded'],
    ['an id that is no string', '{"id":{"$ne":null}}', 'application/json'],
    ['a JSON list', '["id"]', 'application/json'],
  ])('needs an id: %s', async (_case, body, type) => {
    expectFailure(await remove(body, type), 400, { error: 'ID is required' });
    expect(running.users.faces.size).toBe(1);
  });

  it('says when the body is broken', async () => {
    const answer = await remove('{"id":', 'application/json');
    expect(answer.status).toBe(400);
    expect(answer.body).toMatch(/^\{"error":"The body could not be read \(entity\.parse\.failed\)/);
  });

  it('refuses a body that is too large', async () => {
    const answer = await remove(JSON.stringify({ id: 'x'.repeat(100_000) }), 'application/json');
    expectFailure(answer, 413, { error: 'The request is too large' });
  });

  it('sends no body for a preference that asks for less', async () => {
    const answer = await request(running.port, {
      method: 'DELETE',
      path: '/register/',
      headers: { 'Content-Type': 'application/json', Prefer: 'return=minimal' },
      body: '{"id":"user 1"}',
    });
    expect(answer.status).toBe(204);
    expect(answer.headers).not.toHaveProperty('preference-applied');
  });

  it('keeps a connection usable after 204', async () => {
    const answer = await sendRaw(
      running.port,
      'DELETE /register/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"id":"user 1"}',
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );
    const [, second] = answer.text.split(/(?<=\r\n\r\n)(?=HTTP\/1\.1 )/);
    expect(answer.status).toBe(204);
    expect(second).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });
});

describe('everything else', () => {
  it.each([
    ['GET', '/', {}],
    ['POST', '/nothing', {}],
    ['GET', '/Register/', {}],
    ['GET', '/register/x', {}],
    ['GET', '/verify/x', { verified: false }],
    ['GET', '/%ff', {}],
  ])('answers %s %s with 404 in JSON', async (method, path, rest) => {
    const answer = await request(running.port, { method, path });
    expectFailure(answer, 404, { error: 'There is nothing at this address', ...rest });
  });

  it('answers HEAD like GET, without body', async () => {
    const answer = await request(running.port, { method: 'HEAD', path: '/register/' });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.body).toBe('');
  });

  it('names the request by its own id, or by the client’s when that is a plain token', async () => {
    const ask = async (proposed?: string) =>
      (
        await request(running.port, {
          method: 'GET',
          path: '/healthz',
          headers: proposed === undefined ? {} : { 'X-Request-Id': proposed },
        })
      ).headers['x-request-id'];
    expect(await ask()).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect(await ask('trace-4711.a_B')).toBe('trace-4711.a_B');
    expect(await ask('short')).not.toBe('short');
    expect(await ask('{"forged":"log line"}')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await ask('x'.repeat(65))).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is neither cached nor chatty', async () => {
    const { headers } = await request(running.port, { method: 'GET', path: '/register/' });
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
    });
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('etag');
    expect(headers).not.toHaveProperty('server');
  });

  it('logs what happened but neither ids nor pictures nor paths', async () => {
    await sendParts('/register/', { name: 'id', value: 'private-id' }, { ...image, value: 'private-face' });
    await request(running.port, { method: 'GET', path: '/private-path?private=query' });
    await request(running.port, {
      method: 'POST',
      path: '/verify/',
      ...userForm('private-id', 'error:NO_FACE'),
    });
    const text = JSON.stringify(running.logs);
    expect(text).not.toContain('private');
    expect(running.logs).toContainEqual(
      expect.objectContaining({
        msg: 'request',
        method: 'POST',
        route: '/verify',
        status: 400,
        failure: 'NO_FACE',
        requestId: expect.any(String) as string,
        durationMs: expect.any(Number) as number,
      }),
    );
  });
});

import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApi } from '../../support/api/api.js';
import type { RunningApi } from '../../support/api/api.js';
import { REGISTER_USER } from '../../support/api/graphql.js';
import { BOUNDARY, multipartBody, multipartType, request, sendRaw } from '../../support/api/http.js';
import type { Part } from '../../support/api/http.js';

let running: RunningApi;

beforeAll(async () => {
  running = await startApi({
    environment: { MAX_IMAGE_BYTES: '2000' },
    limits: { headersMs: 2_000, requestMs: 2_000 },
  });
});
afterAll(() => running.close());

const names = fc.constantFrom(
  'id',
  'image',
  'operations',
  'map',
  '0',
  '',
  '__proto__',
  'constructor',
  'id[]',
  'id[0]',
  'id[99999999]',
  'id[__proto__][x]',
  'image[0]',
  'a'.repeat(200),
  'ünï',
  'id%22',
  'toString',
);
const values = fc.oneof(
  fc.string(),
  fc.constantFrom(
    'user1',
    'face',
    'null',
    '[]',
    '{}',
    '{"0":["variables.image"]}',
    '{"0":["__proto__.polluted"]}',
    '{"0":["variables.__proto__.polluted"]}',
    '{"0":["constructor.prototype.polluted"]}',
    '{"__proto__":["query"]}',
    '{"0":["variables.image","variables.image"]}',
    '{"0":[1]}',
    '{"0":{"length":1}}',
    JSON.stringify({ query: REGISTER_USER, variables: { id: 'user1', image: null } }),
    JSON.stringify({ query: REGISTER_USER, variables: null }),
    JSON.stringify({ query: null, variables: { image: null } }),
    JSON.stringify([{ query: '{ users { id } }' }]),
    `--${BOUNDARY}`,
    `\r\n--${BOUNDARY}--\r\n`,
    'x'.repeat(3_000),
    'x'.repeat(9_000),
  ),
);
const parts: fc.Arbitrary<Part[]> = fc.array(
  fc.record(
    {
      name: names,
      value: values,
      filename: fc.constantFrom(
        'face.jpg',
        '',
        '../../etc/passwd',
        'a\u0000b',
        '\u202egpj.exe',
        'x'.repeat(5_000),
      ),
      type: fc.constantFrom(
        'image/jpeg',
        'text/plain; charset=utf-16',
        'application/octet-stream',
        'nonsense',
        '',
      ),
    },
    { requiredKeys: ['name', 'value'] },
  ),
  { maxLength: 14 },
);

interface Damage {
  readonly kind: string;
  /** Where in the body, 0 to 1. */
  readonly at: number;
  readonly length: number;
  readonly bytes: Uint8Array;
}

/** Damages a well-formed body: cuts it, drops, doubles or overwrites a slice. */
const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('none', 'cut', 'drop', 'double', 'overwrite'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: 64 }),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 64 }),
});

function damaged(body: Buffer, { kind, at, length, bytes }: Damage): Buffer {
  const start = Math.floor(at * body.length);
  const [before, after] = [body.subarray(0, start), body.subarray(start)];
  switch (kind) {
    case 'cut':
      return before;
    case 'drop':
      return Buffer.concat([before, after.subarray(length)]);
    case 'double':
      return Buffer.concat([before, after.subarray(0, length), after]);
    case 'overwrite':
      return Buffer.concat([before, bytes, after.subarray(bytes.length)]);
    default:
      return body;
  }
}

it.each([
  ['POST', '/register/'],
  ['POST', '/verify/'],
  ['DELETE', '/register/'],
  ['POST', '/graphql'],
])('%s %s answers any form in JSON, never with 500', async (method, path) => {
  await fc.assert(
    fc.asyncProperty(parts, damage, async (form, harm) => {
      running.users.faces.clear();
      const answer = await request(running.port, {
        method,
        path,
        headers: { 'Content-Type': multipartType, 'Apollo-Require-Preflight': 'true' },
        body: damaged(multipartBody(form), harm),
      });
      expect([200, 201, 204, 400, 404, 413]).toContain(answer.status);
      if (answer.status !== 204) expect(JSON.parse(answer.body)).toBeTypeOf('object');
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    }),
    { numRuns: 250, seed: 20260101 },
  );
  expect(running.logs.filter((line) => line['level'] === 50)).toEqual([]);
});

it('copes with ten thousand parts', async () => {
  const many = multipartBody(Array.from({ length: 10_000 }, (_, index) => ({ name: `${index}`, value: '' })));
  for (const path of ['/register/', '/graphql']) {
    const answer = await request(running.port, {
      method: 'POST',
      path,
      headers: { 'Content-Type': multipartType, 'Apollo-Require-Preflight': 'true' },
      body: many,
    });
    expect([400, 413]).toContain(answer.status);
  }
});

const frontEnds = ['/register/', '/verify/', '/graphql'];
const headers = { 'Content-Type': multipartType, 'Apollo-Require-Preflight': 'true' };
const post = (path: string, body: Buffer, more: Record<string, string> = {}) =>
  request(running.port, { method: 'POST', path, headers: { ...headers, ...more }, body });
const good = (path: string, id: string): Part[] =>
  path === '/graphql'
    ? [
        {
          name: 'operations',
          value: JSON.stringify({ query: REGISTER_USER, variables: { id, image: null } }),
        },
        { name: 'map', value: '{"0":["variables.image"]}' },
        { name: '0', value: 'face', filename: 'face.jpg' },
      ]
    : [
        { name: 'id', value: id },
        { name: 'image', value: 'face', filename: 'face.jpg' },
      ];

it.each(frontEnds)('%s refuses a form that is cut off, and registers nobody', async (path) => {
  const whole = multipartBody(good(path, 'user1'));
  const last = whole.lastIndexOf(`--${BOUNDARY}`);
  running.users.faces.clear();
  for (const end of [last + 10, last, last - 2, last - 3, last - 60]) {
    const { body } = await post(path, whole.subarray(0, end));
    expect(body).toContain('The multipart body is malformed or incomplete');
    expect(running.users.faces.size).toBe(0);
  }
});

it.each(frontEnds)(
  '%s takes parts in any order that can be understood, and refuses the others',
  async (path) => {
    running.users.faces.clear();
    const answer = await post(path, multipartBody(good(path, 'user1').reverse()));
    // GraphQL's specification wants the operations first, then the map, then the files.
    expect(answer.status).toBe(path === '/register/' ? 201 : 400);
  },
);

it.each(frontEnds)('%s copes with a length that is too short or too long', async (path) => {
  const body = multipartBody(good(path, 'user1'));
  running.users.faces.clear();
  const short = await post(path, body, { 'Content-Length': String(body.length - 30) });
  expect(short.status).toBe(400);
  const long = await post(path, body, { 'Content-Length': String(body.length + 30) });
  // GraphQL has all it needs when the last boundary has come.
  expect([200, 400, 408]).toContain(long.status);
  expect((await post(path, Buffer.alloc(0))).status).toBe(400);
});

it.each(frontEnds)('%s takes a chunked form, and refuses one that never ends well', async (path) => {
  running.users.faces.clear();
  const body = multipartBody(good(path, 'user1'));
  const chunks = [...body].map((byte) => Buffer.concat([Buffer.from('1\r\n'), Buffer.from([byte, 13, 10])]));
  const chunked = Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nApollo-Require-Preflight: true\r\nContent-Type: ${multipartType}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const whole = await sendRaw(running.port, head, chunked);
  expect([200, 201, 400]).toContain(whole.status);
  if (path !== '/verify/') expect(running.users.faces.has('user1')).toBe(true);
  const broken = await sendRaw(running.port, head, chunked.subarray(0, 300), 'not a chunk');
  expect(broken.status).toBe(400);
});

it('nested and strange paths of the map reach nothing but variables', async () => {
  for (const path of [
    'variables.__proto__.image',
    'variables.constructor.prototype.image',
    '__proto__.image',
    'query',
    'query.length',
    'variables',
    'variables.image.image',
    'variables.image'.repeat(500),
    `variables${'.a'.repeat(5_000)}`,
    '0.variables.image',
    '',
    '.',
  ]) {
    running.users.faces.clear();
    const [operations, , file] = good('/graphql', 'user1');
    if (operations === undefined || file === undefined) throw new Error('The form has three parts.');
    const map = { name: 'map', value: JSON.stringify({ 0: [path] }) };
    const answer = await post('/graphql', multipartBody([operations, map, file]));
    expect([200, 400, 413], path.slice(0, 50)).toContain(answer.status);
    expect(running.users.faces.size).toBe(0);
    expect(({} as Record<string, unknown>)['image']).toBeUndefined();
  }
  expect(running.logs.filter((line) => line['level'] === 50)).toEqual([]);
});

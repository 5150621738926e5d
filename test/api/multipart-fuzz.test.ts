import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApi } from '../support/api.js';
import type { RunningApi } from '../support/api.js';
import { registerUser } from '../support/graphql.js';
import { boundary, multipartBody, multipartType, request } from '../support/http.js';
import type { Part } from '../support/http.js';

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
    JSON.stringify({ query: registerUser, variables: { id: 'user1', image: null } }),
    JSON.stringify({ query: registerUser, variables: null }),
    JSON.stringify({ query: null, variables: { image: null } }),
    JSON.stringify([{ query: '{ users { id } }' }]),
    `--${boundary}`,
    `\r\n--${boundary}--\r\n`,
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

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi } from '../support/api/api.js';
import type { RunningApi } from '../support/api/api.js';
import { multipartBody, multipartType, request } from '../support/api/http.js';
import type { RawAnswer, RawRequest } from '../support/api/http.js';

/** Stands for what must not come back: an id, a picture, a secret. */
const SECRET = 'Secret_91c7';

const json = (body: unknown): RawRequest => ({
  method: 'POST',
  path: '/graphql',
  headers: { 'Content-Type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const get = (parameters: Record<string, string>): RawRequest => ({
  method: 'GET',
  path: `/graphql?${new URLSearchParams(parameters).toString()}`,
  headers: { 'X-Apollo-Operation-Name': 'x' },
});
const multipart = (operations: unknown, map: unknown, path = '/graphql'): RawRequest => ({
  method: 'POST',
  path,
  headers: { 'Content-Type': multipartType, 'Apollo-Require-Preflight': 'true' },
  body: multipartBody([
    { name: 'operations', value: typeof operations === 'string' ? operations : JSON.stringify(operations) },
    { name: 'map', value: typeof map === 'string' ? map : JSON.stringify(map) },
    { name: '0', value: 'face', filename: `${SECRET}.jpg` },
  ]),
});

const BY_ID = 'mutation ($id: ID!) { deleteUser(id: $id) { message } }';
const WITH_PICTURE = 'mutation ($image: Upload!) { verifyUser(id: "a", image: $image) { verified } }';

/** Each is refused as the client's mistake. */
const mistakes: readonly [string, RawRequest][] = [
  ['a misspelt field', json({ query: '{ user { id } }' })],
  ['a misspelt field over GET', get({ query: '{ user { id } }' })],
  ['a misspelt argument', json({ query: '{ users(frist: 1) { id } }' })],
  ['a misspelt type', json({ query: 'query ($a: Int!) { ... on Qeury { users(first: $a) { id } } }' })],
  ['a missing argument', json({ query: 'mutation { deleteUser { message } }' })],
  ['no selection', json({ query: '{ users }' })],
  ['a variable of the wrong type', json({ query: 'query ($a: Int) { users(after: $a) { id } }' })],
  ['introspection', json({ query: '{ __schema { types { name } } }' })],
  ['introspection over GET', get({ query: '{ __type(name: "User") { fields { name } } }' })],
  [
    'a literal of the wrong type',
    json({ query: `mutation { deleteUser(id: { a: "${SECRET}" }) { message } }` }),
  ],
  ['a literal number', json({ query: `{ users(first: "${SECRET}") { id } }` })],
  ['a literal picture', json({ query: `mutation { analyseFace(image: "${SECRET}") { size } }` })],
  ['a literal null', json({ query: 'mutation { deleteUser(id: null) { message } }' })],
  ['a syntax error', json({ query: `{ users "${SECRET}" }` })],
  ['a syntax error in a name', json({ query: `${SECRET} { users { id } }` })],
  ['a syntax error in a block', json({ query: `{ users """\n${SECRET}\n""" }` })],
  ['an unfinished string', json({ query: `{ users(after: "${SECRET}` })],
  ['a syntax error over GET', get({ query: `{ users "${SECRET}" }` })],
  ['a variable that is an object', json({ query: BY_ID, variables: { id: { [SECRET]: SECRET } } })],
  ['a variable that is a list', json({ query: BY_ID, variables: { id: [SECRET] } })],
  [
    'a variable that is text, not a number',
    json({ query: 'query ($f: Int) { users(first: $f) { id } }', variables: { f: SECRET } }),
  ],
  [
    'a variable over GET',
    get({ query: 'query ($f: Int) { users(first: $f) { id } }', variables: `{"f":"${SECRET}"}` }),
  ],
  ['a variable in multipart', multipart({ query: BY_ID, variables: { id: { a: SECRET } } }, {})],
  ['a picture as text', json({ query: WITH_PICTURE, variables: { image: SECRET } })],
  ['a picture as text in multipart', multipart({ query: WITH_PICTURE, variables: { image: SECRET } }, {})],
  ['no variables', json({ query: BY_ID })],
  ['an unknown operation', json({ query: 'query a { users { id } }', operationName: SECRET })],
  ['an unknown fragment', json({ query: `{ ...${SECRET} }` })],
  ['variables that are no JSON over GET', get({ query: '{ users { id } }', variables: `{${SECRET}` })],
  ['a body that is no JSON', json(`{"query": ${SECRET}`)],
  ['an empty body', json({})],
  ['a batch', json([{ query: `{ ${SECRET} }` }])],
  ['a strange type of body', { ...json(SECRET), headers: { 'Content-Type': `text/${SECRET}` } }],
  ['a strange charset', { ...json({}), headers: { 'Content-Type': `application/json; charset=${SECRET}` } }],
  [
    'a strange encoding',
    { ...json({}), headers: { 'Content-Type': 'application/json', 'Content-Encoding': SECRET } },
  ],
  ['operations that are no JSON', multipart(`{${SECRET}`, {})],
  ['a map that is no JSON', multipart({ query: BY_ID }, `{${SECRET}`)],
  ['a map of the wrong type', multipart({ query: BY_ID }, { [SECRET]: SECRET })],
  ['a map that leads nowhere', multipart({ query: BY_ID }, { [SECRET]: [`${SECRET}.${SECRET}`] })],
  ['a map with a number', multipart({ query: BY_ID }, { [SECRET]: [7] })],
  ['a simple request', { ...json(`{"query":"{ ${SECRET} }"}`), headers: { 'Content-Type': 'text/plain' } }],
  ['a wrong method', { method: 'DELETE', path: '/graphql' }],
  ['a mutation over GET', get({ query: `mutation { deleteUser(id: "${SECRET}") { message } }` })],
  ['an unknown path', { method: 'GET', path: `/${SECRET}` }],
  ['a broken path', { method: 'GET', path: `/%zz${SECRET}` }],
  ['an incomplete form', multipart('', '', '/verify/')],
];

function expectSober({ status, headers, body }: RawAnswer): void {
  expect(status, body).toBeGreaterThanOrEqual(400);
  expect(status, body).toBeLessThan(500);
  expect(body).not.toContain(SECRET);
  expect(body).not.toMatch(/stack|node_modules|file:|\.js|\.ts\b/i);
  expect(headers['content-type']).toBe('application/json; charset=utf-8');
  for (const name of ['server', 'x-powered-by', 'via', 'x-apollo-server', 'etag'])
    expect(headers).not.toHaveProperty(name);
  const [error] = (JSON.parse(body) as { errors?: { extensions: Record<string, unknown> }[] }).errors ?? [];
  if (error !== undefined) {
    expect(error.extensions).toMatchObject({ requestId: headers['x-request-id'] });
    expect(Object.keys(error.extensions).sort()).toEqual(['code', 'http', 'requestId', 'retryable']);
  }
}

describe.each(['production', 'development'])('in %s', (NODE_ENV) => {
  let running: RunningApi;
  beforeAll(async () => {
    running = await startApi({ environment: { NODE_ENV } });
  });
  afterAll(() => running.close());

  // Outside production introspection is allowed, and names of the client's own document are repeated.
  const onlyInProduction = /introspection|fragment/;
  const refused = mistakes.filter(([name]) => NODE_ENV === 'production' || !onlyInProduction.test(name));

  it.each(refused)(
    '%s is refused without repeating what was sent, in the answer or the log',
    async (_name, sent) => {
      const before = running.logs.length;
      expectSober(await request(running.port, sent));
      expect(JSON.stringify(running.logs.slice(before))).not.toContain(SECRET);
    },
  );

  it('still says what to repair', async () => {
    const message = async (sent: RawRequest) =>
      (JSON.parse((await request(running.port, sent)).body) as { errors: { message: string }[] }).errors[0]
        ?.message;
    expect(await message(json({ query: WITH_PICTURE, variables: { image: SECRET } }))).toBe(
      'Variable "$image" got invalid value; Send the file as a part of a multipart request.',
    );
    expect(await message(json({ query: `{ users "${SECRET}" }` }))).toBe(
      'Syntax Error: Expected Name, found String.',
    );
    expect(await message(json({ query: `{ ${'a: users { id } '.repeat(5)} }` }))).toContain(
      'root fields at most',
    );
    expect(await message(json({ query: '{ users { a: id b: id c: id d: id e: id } }' }))).toContain(
      'values at most',
    );
  });
});

describe('in production', () => {
  let running: RunningApi;
  beforeAll(async () => {
    running = await startApi({ environment: { NODE_ENV: 'production' } });
  });
  afterAll(() => running.close());

  it.each(mistakes.slice(0, 13))('%s tells nothing of the schema', async (_name, sent) => {
    const { body } = await request(running.port, sent);
    for (const { message } of (JSON.parse(body) as { errors: { message: string }[] }).errors)
      expect(message).toBe('The operation does not fit the schema of this service');
  });

  it('masks what resolvers throw, code and extensions included', async () => {
    running.users.before = () =>
      Promise.reject(
        Object.assign(new Error(SECRET), { extensions: { code: 'BAD_USER_INPUT', secret: SECRET } }),
      );
    const { status, body } = await request(running.port, json({ query: '{ users { id } }' }));
    expect(status).toBe(500);
    expect(body).not.toContain(SECRET);
    expect(JSON.parse(body)).toMatchObject({ errors: [{ message: 'Something went wrong' }] });
  });
});

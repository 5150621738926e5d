import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiKey } from '../../src/access/api-key.js';
import type { Scope } from '../../src/access/principal.js';
import { buildGraphqlSchema } from '../../src/api/graphql/schema.js';
import { openSqlite } from '../support/databases/open-sqlite.js';
import type { Database } from '../../src/database/database.js';
import { startApi } from '../support/api/api.js';
import type { RunningApi } from '../support/api/api.js';
import { storeKey, withOtherSecret } from '../support/api/api-keys.js';
import { multipartBody, multipartType, request, userForm } from '../support/api/http.js';
import type { RawAnswer, RawRequest } from '../support/api/http.js';

interface GuardedOperation {
  readonly scopes: readonly Scope[];
  readonly document: string;
  readonly id?: string;
  /** Variables that are pictures. */
  readonly pictures?: readonly string[];
  /** What the service is asked for when the operation is allowed. */
  readonly work: string;
  readonly rest?: RawRequest & { readonly success: number };
}

const IMAGE = '$image: Upload!';

const operations: Readonly<Record<string, GuardedOperation>> = {
  users: {
    scopes: ['read'],
    document: '{ users { id } }',
    work: 'list',
    rest: { method: 'GET', path: '/register/', success: 200 },
  },
  registerUser: {
    scopes: ['register'],
    document: `mutation ($id: ID!, ${IMAGE}) { registerUser(id: $id, image: $image) { message } }`,
    id: 'bob',
    pictures: ['image'],
    work: 'register',
    rest: { method: 'POST', path: '/register/', ...userForm('bob', 'face of bob'), success: 201 },
  },
  addUserImage: {
    scopes: ['register'],
    document: `mutation ($id: ID!, ${IMAGE}) { addUserImage(id: $id, image: $image) { images } }`,
    id: 'ada',
    pictures: ['image'],
    work: 'addImage',
  },
  verifyUser: {
    scopes: ['verify'],
    document: `mutation ($id: ID!, ${IMAGE}) { verifyUser(id: $id, image: $image) { verified } }`,
    id: 'ada',
    pictures: ['image'],
    work: 'verify',
    rest: { method: 'POST', path: '/verify/', ...userForm('ada', 'face'), success: 200 },
  },
  compareFaces: {
    scopes: ['verify'],
    document:
      'mutation ($first: Upload!, $second: Upload!) { compareFaces(first: $first, second: $second) { samePerson } }',
    pictures: ['first', 'second'],
    work: 'compare',
  },
  analyseFace: {
    scopes: ['verify'],
    document: `mutation (${IMAGE}) { analyseFace(image: $image) { size } }`,
    pictures: ['image'],
    work: 'analyse',
  },
  identifyFace: {
    scopes: ['verify', 'read'],
    document: `mutation (${IMAGE}) { identifyFace(image: $image) { candidates { id } } }`,
    pictures: ['image'],
    work: 'identify',
  },
  deleteUser: {
    scopes: ['delete'],
    document: 'mutation ($id: ID!) { deleteUser(id: $id) { message } }',
    id: 'ada',
    work: 'remove',
    rest: {
      method: 'DELETE',
      path: '/register/',
      headers: { 'Content-Type': 'application/json' },
      body: '{"id":"ada"}',
      success: 204,
    },
  },
};

/** Who asks: the scopes of a valid key, or null for somebody who is not to be let in at all. */
const callers: Readonly<Record<string, readonly Scope[] | null>> = {
  register: ['register'],
  verify: ['verify'],
  read: ['read'],
  delete: ['delete'],
  admin: ['admin'],
  'verify and read': ['verify', 'read'],
  'an environment key': ['verify'],
  expired: null,
  revoked: null,
  'an unknown id': null,
  'a wrong secret': null,
  malformed: null,
  'no key': null,
};

const UNAUTHENTICATED = 'A valid API key is needed, in the header Authorization: Bearer <key> or X-API-Key';

function graphqlRequest({ document, id, pictures = [] }: GuardedOperation): RawRequest {
  const variables = {
    ...(id !== undefined && { id }),
    ...Object.fromEntries(pictures.map((name) => [name, null])),
  };
  const operation = JSON.stringify({ query: document, variables });
  if (pictures.length === 0)
    return {
      method: 'POST',
      path: '/graphql',
      headers: { 'Content-Type': 'application/json' },
      body: operation,
    };
  const map = Object.fromEntries(pictures.map((name, place) => [place, [`variables.${name}`]]));
  return {
    method: 'POST',
    path: '/graphql',
    headers: { 'Content-Type': multipartType, 'Apollo-Require-Preflight': 'true' },
    body: multipartBody([
      { name: 'operations', value: operation },
      { name: 'map', value: JSON.stringify(map) },
      ...pictures.map((_, place) => ({
        name: String(place),
        value: id === 'bob' ? 'face of bob' : 'face',
        filename: 'x',
      })),
    ]),
  };
}

function lacking(caller: readonly Scope[], required: readonly Scope[]): readonly Scope[] {
  return caller.includes('admin') ? [] : required.filter((scope) => !caller.includes(scope));
}

const refusal = (missing: readonly Scope[]) =>
  `The API key lacks the scope${missing.length > 1 ? 's' : ''} ${missing.join(' and ')}`;

describe('every operation for every kind of key', () => {
  let folder: string;
  let database: Database;
  let running: RunningApi;
  const keys = new Map<string, string>();
  const work: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'access-test-'));
    database = await openSqlite(folder);
    for (const [caller, scopes] of Object.entries(callers))
      if (scopes !== null) keys.set(caller, (await storeKey(database.apiKeys, { scopes })).key);
    const past = new Date('2020-01-01T00:00:00Z');
    const { key } = await storeKey(database.apiKeys);
    keys.set('expired', (await storeKey(database.apiKeys, { expiresAt: past })).key);
    keys.set('revoked', (await storeKey(database.apiKeys, { revoked: true })).key);
    keys.set('an unknown id', createApiKey().key);
    keys.set('a wrong secret', withOtherSecret(key));
    keys.set('malformed', `${key}x`);
    const environmentKey = createApiKey().key;
    keys.set('an environment key', environmentKey);
    const hash = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(environmentKey)));
    running = await startApi({
      apiKeys: database.apiKeys,
      environment: { API_KEYS: `gate-3:verify:${hash.toString('hex')}` },
    });
    running.users.before = (operation) => {
      work.push(operation);
      return Promise.resolve();
    };
  });
  beforeEach(() => {
    work.length = 0;
    running.users.faces.clear();
    running.users.faces.set('ada', { user: { id: 'ada', timestamp: new Date(0) }, face: 'face' });
  });
  afterAll(async () => {
    await running.close();
    await database.close();
    await rm(folder, { recursive: true });
  });

  const send = (message: RawRequest, caller: string): Promise<RawAnswer> => {
    const key = keys.get(caller);
    return request(running.port, {
      ...message,
      headers: { ...message.headers, ...(key !== undefined && { Authorization: `Bearer ${key}` }) },
    });
  };

  it('names every operation that there is', () => {
    const schema = buildGraphqlSchema();
    const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
      Object.keys(type?.getFields() ?? {}),
    );
    expect(Object.keys(operations).sort()).toEqual(fields.sort());
  });

  const everyCall = Object.keys(operations).flatMap((name) =>
    Object.keys(callers).map((caller) => [name, caller] as const),
  );

  it.each(everyCall)('%s over GraphQL with %s', async (name, caller) => {
    const operation = operations[name] as GuardedOperation;
    const answer = await send(graphqlRequest(operation), caller);
    const body = JSON.parse(answer.body) as {
      data?: unknown;
      errors?: { message: string; extensions: object }[];
    };
    const scopes = callers[caller] ?? null;
    const missing = scopes === null ? [] : lacking(scopes, operation.scopes);
    if (scopes !== null && missing.length === 0) {
      expect([answer.status, body.errors]).toEqual([200, undefined]);
      expect(work).toEqual([operation.work]);
      return;
    }
    const [status, code, message] =
      scopes === null ? [401, 'UNAUTHENTICATED', UNAUTHENTICATED] : [403, 'FORBIDDEN', refusal(missing)];
    expect(answer.status).toBe(status);
    expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined);
    expect(body.data ?? null).toBeNull();
    expect(body.errors).toHaveLength(1);
    expect(body.errors?.[0]).toMatchObject({
      message,
      extensions: { code, retryable: false, http: { status }, requestId: answer.headers['x-request-id'] },
    });
    expect(work).toEqual([]);
  });

  const everyRestCall = everyCall.filter(([name]) => operations[name]?.rest !== undefined);

  it.each(everyRestCall)('%s over REST with %s', async (name, caller) => {
    const { rest, scopes: required, work: expected } = operations[name] as GuardedOperation;
    if (rest === undefined) throw new Error('This operation has no route.');
    const answer = await send(rest, caller);
    const scopes = callers[caller] ?? null;
    const missing = scopes === null ? [] : lacking(scopes, required);
    if (scopes !== null && missing.length === 0) {
      expect(answer.status).toBe(rest.success);
      expect(work).toEqual([expected]);
      return;
    }
    const [status, error] = scopes === null ? [401, UNAUTHENTICATED] : [403, refusal(missing)];
    expect(answer.status).toBe(status);
    expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined);
    expect(answer.body).toBe(JSON.stringify({ error, ...(rest.path === '/verify/' && { verified: false }) }));
    expect(work).toEqual([]);
  });
});

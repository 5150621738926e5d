import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv';
import { isObjectType } from 'graphql';
import { z } from 'zod';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { renderContracts } from '../../src/api/contracts.js';
import { buildGraphqlSchema } from '../../src/api/graphql/schema.js';
import { openApiDocument } from '../../src/api/rest/openapi.js';
import { errorCatalogue } from '../../src/errors.js';
import { projectRoot } from '../../src/project-root.js';
import { startApi } from '../support/api/api.js';
import type { RunningApi } from '../support/api/api.js';
import { multipartBody, multipartType, userForm } from '../support/api/http.js';

it.each(Object.entries(renderContracts()))('schema/%s is what the code publishes', async (name, text) => {
  const committed = await readFile(join(projectRoot, 'schema', name), 'utf8');
  expect(committed, 'run "npm run schema" and commit the result').toBe(text);
});

it('describes every type, field and argument of the GraphQL schema', () => {
  const described = Object.values(buildGraphqlSchema().getTypeMap())
    .filter(({ name }) => !name.startsWith('__'))
    // The two root types cannot be given a description.
    .flatMap((type) => {
      const fields = isObjectType(type) ? Object.values(type.getFields()) : [];
      const root = type.name === 'Query' || type.name === 'Mutation';
      return [...(root ? [] : [type]), ...fields, ...fields.flatMap(({ args }) => args)];
    });
  expect(described.length).toBeGreaterThan(20);
  for (const { name, description } of described) expect(description, name).toMatch(/\w/);
});

const operationSchema = z.object({
  responses: z.record(
    z.string(),
    z.object({
      headers: z.record(z.string(), z.unknown()),
      content: z
        .object({
          'application/json': z.object({
            examples: z.record(z.string(), z.object({ value: z.unknown() })).optional(),
          }),
        })
        .optional(),
    }),
  ),
});
const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
});

it('the OpenAPI document asks for a key of the right scope in either header, for every operation', () => {
  const operations = Object.values<Record<string, { operationId: string; security: object[] }>>(
    openApiDocument.paths,
  ).flatMap((path) => Object.values(path));
  const scopes = operations.map(({ operationId, security }) => {
    const [bearer, header] = security.map(
      (scheme) => Object.entries(scheme) as [name: string, scopes: string[]][],
    );
    expect([bearer?.[0]?.[0], header?.[0]?.[0]]).toEqual(['bearerKey', 'headerKey']);
    expect(bearer?.[0]?.[1]).toEqual(header?.[0]?.[1]);
    return [operationId, bearer?.[0]?.[1]];
  });
  expect(Object.fromEntries(scopes)).toEqual({
    registerUser: ['register'],
    listUsers: ['read'],
    deleteUser: ['delete'],
    verifyUser: ['verify'],
  });
  expect(openApiDocument.components.securitySchemes).toMatchObject({
    bearerKey: { type: 'http', scheme: 'bearer' },
    headerKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  });
});

describe('the OpenAPI document', () => {
  let running: RunningApi;
  let document: z.infer<typeof documentSchema>;
  const ajv = new Ajv2020({ strict: false, allErrors: true });

  beforeAll(async () => {
    running = await startApi({ environment: { MAX_IMAGE_BYTES: '2000' } });
    const raw: unknown = await (await fetch(`${running.url}/openapi.json`)).json();
    document = documentSchema.parse(raw);
    ajv.addSchema(raw as object, 'openapi');
  });
  beforeEach(() => {
    running.users.faces.clear();
    running.users.before = () => Promise.resolve();
  });
  afterAll(() => running.close());

  const pointer = (...keys: string[]) =>
    `openapi#/${keys.map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;

  function bodySchema(path: string, method: string, status: number): ValidateFunction {
    const $ref = pointer(
      'paths',
      path,
      method,
      'responses',
      `${status}`,
      'content',
      'application/json',
      'schema',
    );
    return ajv.compile({ $ref });
  }

  async function expectDescribed(
    path: string,
    method: string,
    init: RequestInit,
    status: number,
  ): Promise<void> {
    const answer = await fetch(`${running.url}${path}`, { method: method.toUpperCase(), ...init });
    expect(answer.status).toBe(status);
    const described = document.paths[path]?.[method]?.responses[`${status}`];
    expect(described, `${method} ${path} ${status}`).toBeDefined();
    for (const name of Object.keys(described?.headers ?? {}))
      if (name !== 'Retry-After' || status === 503) expect(answer.headers.get(name), name).not.toBeNull();
    const text = await answer.text();
    if (described?.content === undefined) {
      expect(text).toBe('');
      return;
    }
    const validate = bodySchema(path, method, status);
    expect(validate(JSON.parse(text)), `${text} ${JSON.stringify(validate.errors)}`).toBe(true);
  }

  const picture = (id: string, content: string): RequestInit => {
    const { headers, body } = userForm(id, content);
    return { headers: { ...headers }, body: typeof body === 'string' ? body : new Uint8Array(body ?? []) };
  };
  const id = (value: string, headers: Record<string, string> = {}): RequestInit => ({
    headers: { 'Content-Type': multipartType, ...headers },
    body: new Uint8Array(multipartBody([{ name: 'id', value }])),
  });

  it('describes every successful answer', async () => {
    await expectDescribed('/register/', 'post', picture('user1', 'face 1'), 201);
    await expectDescribed('/register/', 'get', {}, 200);
    await expectDescribed('/verify/', 'post', picture('user1', 'face 1'), 200);
    await expectDescribed('/verify/', 'post', picture('user1', 'a stranger'), 200);
    await expectDescribed('/register/', 'delete', id('user1', { Prefer: 'return=representation' }), 200);
    await expectDescribed('/register/', 'post', picture('user1', 'face 1'), 201);
    await expectDescribed('/register/', 'delete', id('user1'), 204);
  });

  it.each(Object.entries(errorCatalogue))('describes %s where it can occur', async (code, { status }) => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
    const announcing = operations.filter(
      ({ operation }) =>
        operation.responses[`${status}`]?.content?.['application/json'].examples?.[code] !== undefined,
    );
    // These are no answers of a documented operation: nobody reads a 499, and the rest are other addresses or GraphQL's.
    const elsewhere = ['NOT_FOUND', 'METHOD_NOT_ALLOWED', 'BAD_PAGE', 'CANCELLED', 'DIFFERENT_PERSON'];
    elsewhere.push('RESEMBLES_OTHER', 'IMAGE_LIMIT', 'IDENTIFICATION_OFF');
    expect(announcing.length > 0).toBe(!elsewhere.includes(code));
    for (const { path, method } of announcing) {
      if (method !== 'post') continue;
      await expectDescribed(path, method, picture('user1', `error:${code}`), status);
    }
  });

  it('describes incomplete requests and unexpected failures', async () => {
    await expectDescribed('/register/', 'post', id('user1'), 400);
    await expectDescribed('/verify/', 'post', id('user1'), 400);
    await expectDescribed('/register/', 'delete', id(''), 400);
    await expectDescribed('/register/', 'delete', id('nobody'), 404);
    running.users.before = () => Promise.reject(new Error('unexpected'));
    await expectDescribed('/register/', 'get', {}, 500);
    await expectDescribed('/register/', 'delete', id('user1'), 500);
    await expectDescribed('/verify/', 'post', picture('user1', 'face'), 500);
  });

  it('gives only examples that its own schemas allow', () => {
    let checked = 0;
    for (const [path, methods] of Object.entries(document.paths))
      for (const [method, { responses }] of Object.entries(methods))
        for (const [status, { content }] of Object.entries(responses))
          for (const { value } of Object.values(content?.['application/json'].examples ?? {})) {
            checked += 1;
            expect(bodySchema(path, method, Number(status))(value)).toBe(true);
          }
    expect(checked).toBeGreaterThan(30);
  });
});

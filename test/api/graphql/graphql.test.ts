import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { operationLimits } from '../../../src/api/graphql/operations/operation-limits.js';
import { errorCatalogue, isErrorCode } from '../../../src/errors.js';
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
import { multipartBody } from '../../support/api/http.js';

let running: RunningApi;

beforeAll(async () => {
  running = await startApi({ environment: { MAX_IMAGE_BYTES: '2000' } });
});
beforeEach(() => {
  running.users.faces.clear();
  running.users.before = () => Promise.resolve();
});
afterAll(() => running.close());

describe('operations', () => {
  it('registers, lists, verifies and deletes', async () => {
    const registered = await upload(running.url, REGISTER_USER, 'user1', 'face 1');
    expect(registered.status).toBe(200);
    expect(registered.data).toEqual({
      registerUser: {
        message: 'Data inserted successfully',
        user: { id: 'user1', timestamp: '2023-07-23T12:34:56.000Z' },
      },
    });
    expect((await query(running.url, '{ users { id } }')).data).toEqual({ users: [{ id: 'user1' }] });
    expect((await upload(running.url, VERIFY_USER, 'user1', 'face 1')).data).toEqual({
      verifyUser: {
        message: 'Image received successfully!',
        recognition: 'user1',
        verified: true,
        similarity: 1,
      },
    });
    expect(
      (await query(running.url, 'mutation { deleteUser(id: "user1") { message filesDeleted } }')).data,
    ).toEqual({
      deleteUser: { message: 'Data deleted successfully', filesDeleted: ['user1.jpg'] },
    });
    expect(running.users.faces.size).toBe(0);
  });

  it('takes an upload from FormData and fetch', async () => {
    const form = new FormData();
    form.append(
      'operations',
      JSON.stringify({ query: REGISTER_USER, variables: { id: 'user1', image: null } }),
    );
    form.append('map', JSON.stringify({ picture: ['variables.image'] }));
    form.append('picture', new Blob(['face 1'], { type: 'image/jpeg' }), 'face.jpg');
    const response = await fetch(`${running.url}/graphql`, {
      method: 'POST',
      headers: { 'Apollo-Require-Preflight': 'true' },
      body: form,
    });
    expect(response.status).toBe(200);
    expect(running.users.faces.get('user1')?.face).toBe('face 1');
  });

  it('pages by key', async () => {
    for (const id of ['b', 'a', 'c']) await upload(running.url, REGISTER_USER, id, `face ${id}`);
    const page = async (args: string) =>
      (await query(running.url, `{ users(${args}) { id } }`)).data?.['users'];
    expect(await page('first: 2')).toEqual([{ id: 'a' }, { id: 'b' }]);
    expect(await page('first: 2, after: "b"')).toEqual([{ id: 'c' }]);
    expect(await page('first: null, after: null')).toHaveLength(3);
  });

  it.each([0, -1, 10_001])('refuses a page of %i users', async (first) => {
    const answer = await query(running.url, '{ users(first: ' + String(first) + ') { id } }');
    expect(answer.errors?.[0]).toMatchObject({
      message: 'first must be 1 to 10000',
      extensions: { code: 'BAD_PAGE', retryable: false, http: { status: 400 } },
    });
  });
});

describe('several pictures', () => {
  const several =
    'mutation ($id: ID!, $image: Upload!, $more: [Upload!]) { registerUser(id: $id, image: $image, moreImages: $more) { message } }';
  const body = (document: string, variables: Record<string, unknown>, pictures: Record<string, string>) =>
    multipartBody([
      { name: 'operations', value: JSON.stringify({ query: document, variables }) },
      {
        name: 'map',
        value: JSON.stringify(
          Object.fromEntries(Object.keys(pictures).map((path, place) => [place, [`variables.${path}`]])),
        ),
      },
      ...Object.values(pictures).map((value, place) => ({ name: String(place), value, filename: 'f' })),
    ]);

  it('are registered together, up to five', async () => {
    const more = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, place) => [`more.${place}`, 'face']));
    const register = (id: string, count: number) =>
      postMultipart(
        running.url,
        body(
          several,
          { id, image: null, more: new Array(count).fill(null) },
          { ...more(count), image: 'face' },
        ),
      );
    expect((await register('user1', 4)).errors).toBeUndefined();
    expect(running.users.faces.get('user1')?.images).toBe(5);
    expect((await register('user2', 5)).errors?.[0]).toMatchObject({
      message: 'Send at most 5 images',
      extensions: { code: 'IMAGE_COUNT' },
    });
    expect((await register('user3', 0)).errors).toBeUndefined();
    expect(running.users.faces.get('user2')).toBeUndefined();
  });

  it('are added one by one', async () => {
    await upload(running.url, REGISTER_USER, 'user1', 'face');
    const add = (id: string, face: string) =>
      upload(
        running.url,
        'mutation ($id: ID!, $image: Upload!) { addUserImage(id: $id, image: $image) { message images } }',
        id,
        face,
      );
    expect((await add('user1', 'face')).data).toEqual({
      addUserImage: { message: 'Image added successfully', images: 2 },
    });
    expect((await add('user1', 'other')).errors?.[0]?.extensions['code']).toBe('DIFFERENT_PERSON');
    expect((await add('user2', 'face')).errors?.[0]?.extensions['code']).toBe('USER_NOT_FOUND');
  });

  it('are compared with each other, also when the same file is both', async () => {
    const document =
      'mutation ($one: Upload!, $two: Upload!) { compareFaces(first: $one, second: $two) { similarity samePerson } }';
    const compare = (pictures: Record<string, string>) =>
      postMultipart(running.url, body(document, { one: null, two: null }, pictures));
    expect((await compare({ two: 'face', one: 'face' })).data).toEqual({
      compareFaces: { similarity: 1, samePerson: true },
    });
    expect((await compare({ one: 'face', two: 'other' })).data).toEqual({
      compareFaces: { similarity: 0, samePerson: false },
    });
    const twice = await postMultipart(
      running.url,
      multipartBody([
        {
          name: 'operations',
          value: JSON.stringify({ query: document, variables: { one: null, two: null } }),
        },
        { name: 'map', value: '{"0":["variables.one","variables.two"]}' },
        { name: '0', value: 'face', filename: 'f' },
      ]),
    );
    expect(twice.data).toEqual({ compareFaces: { similarity: 1, samePerson: true } });
  });

  it('of a deep body are counted without exhausting the stack', async () => {
    const deep = `${'['.repeat(40_000)}${']'.repeat(40_000)}`;
    const answer = await postMultipart(
      running.url,
      multipartBody([
        { name: 'operations', value: `{"query":"{ users { id } }","variables":{"deep":${deep}}}` },
        { name: 'map', value: '{}' },
      ]),
    );
    expect(answer.data).toEqual({ users: [] });
  });
});

describe('looking at a picture', () => {
  it('measures the face', async () => {
    const answer = await upload(
      running.url,
      'mutation ($image: Upload!) { analyseFace(image: $image) { box { x y width height } landmarks { rightEye { x y } } pose { yaw pitch roll } sharpness brightness size detectionScore liveness problem } }',
      '',
      'face',
    );
    expect(answer.data).toEqual({
      analyseFace: {
        box: { x: 0, y: 0, width: 4, height: 4 },
        landmarks: { rightEye: { x: 1, y: 2 } },
        pose: { yaw: 0, pitch: 0, roll: 0 },
        sharpness: 0.1,
        brightness: 0.5,
        size: 4,
        detectionScore: 1,
        liveness: 0.75,
        problem: null,
      },
    });
  });

  it('finds whom it shows, within limits', async () => {
    await upload(running.url, REGISTER_USER, 'user1', 'face');
    const identify = (args: string, face: string) =>
      upload(
        running.url,
        `mutation ($image: Upload!) { identifyFace(image: $image${args}) { candidates { id similarity } } }`,
        '',
        face,
      );
    expect((await identify('', 'face')).data).toEqual({
      identifyFace: { candidates: [{ id: 'user1', similarity: 1 }] },
    });
    expect((await identify(', first: 1', 'other')).data).toEqual({ identifyFace: { candidates: [] } });
    for (const first of [0, 101])
      expect((await identify(`, first: ${first}`, 'face')).errors?.[0]).toMatchObject({
        message: 'first must be 1 to 100',
        extensions: { code: 'BAD_PAGE' },
      });
  });
});

describe('failures', () => {
  it.each(Object.keys(errorCatalogue).filter((code) => code !== 'INTERNAL'))(
    'reports %s out of the catalogue',
    async (code) => {
      const answer = await upload(running.url, REGISTER_USER, 'user1', `error:${code}`);
      if (!isErrorCode(code)) throw new Error('The table is made from the catalogue.');
      const { status, message, retryable } = errorCatalogue[code];
      expect(answer.data).toBeNull();
      expect(answer.errors).toEqual([
        {
          message,
          path: ['registerUser'],
          locations: [{ line: 1, column: 40 }],
          extensions: {
            code,
            requestId: answer.headers.get('x-request-id'),
            retryable,
            http: { status },
          },
        },
      ]);
      const ofTheKey = code === 'UNAUTHENTICATED' || code === 'FORBIDDEN';
      const visible = ofTheKey || status === 413 || status === 429 || status >= 500;
      expect(answer.status).toBe(visible ? status : 200);
      expect(answer.headers.get('retry-after')).toBe(status === 503 || status === 429 ? '1' : null);
    },
  );

  it.each<[string, unknown]>([
    ['an error', new Error('secret detail')],
    [
      'an error that looks like a client error',
      Object.assign(new Error('secret detail'), { extensions: { code: 'BAD_USER_INPUT' } }),
    ],
    ['an error with a status', Object.assign(new Error('secret detail'), { status: 400, expose: true })],
    ['a value that is no error', { secret: 'detail' }],
  ])('masks %s and logs it under the request id', async (_case, thrown) => {
    running.users.before = () => {
      throw thrown;
    };
    const answer = await query(running.url, '{ users { id } }');
    const requestId = answer.headers.get('x-request-id');
    expect(answer.status).toBe(500);
    expect(answer.errors).toEqual([
      {
        message: 'Something went wrong',
        path: ['users'],
        locations: [{ line: 1, column: 3 }],
        extensions: { code: 'INTERNAL', requestId, retryable: false, http: { status: 500 } },
      },
    ]);
    const logged = running.logs.filter((line) => line['requestId'] === requestId && 'err' in line);
    expect(logged).toHaveLength(1);
    expect(JSON.stringify(logged)).toContain('detail');
  });

  it.each<[string, string, string, Record<string, unknown>]>([
    ['a syntax error', 'GRAPHQL_PARSE_FAILED', '{ users', {}],
    ['an unknown field', 'GRAPHQL_VALIDATION_FAILED', '{ users { secret } }', {}],
    ['a missing variable', 'BAD_USER_INPUT', VERIFY_USER, { image: null }],
    [
      'an image that is text',
      'BAD_USER_INPUT',
      VERIFY_USER,
      { id: 'user1', image: 'data:image/jpeg;base64,AAAA' },
    ],
    [
      'an image that imitates ours',
      'BAD_USER_INPUT',
      VERIFY_USER,
      { id: 'user1', image: { kind: 'received', bytes: [1] } },
    ],
    [
      'an image as a literal',
      'GRAPHQL_VALIDATION_FAILED',
      'mutation { verifyUser(id: "a", image: "b") { verified } }',
      {},
    ],
    [
      'an unknown operation',
      'OPERATION_RESOLUTION_FAILURE',
      'query a { users { id } } query b { users { id } }',
      {},
    ],
  ])('lets the client repair %s', async (_case, code, document, variables) => {
    const answer = await query(running.url, document, variables);
    expect(answer.status).toBe(400);
    expect(answer.errors?.[0]?.extensions).toEqual({
      code,
      requestId: answer.headers.get('x-request-id'),
      retryable: false,
      http: { status: 400 },
    });
    expect(answer.errors?.[0]?.message).not.toBe('Something went wrong');
  });
});

describe('limits on operations', () => {
  const errorsOf = async (document: string) =>
    (await query(running.url, document)).errors?.map(({ message }) => message);

  it('bounds root fields, through fragments too', async () => {
    const fields = (count: number) =>
      Array.from({ length: count }, (_, i) => `a${i}: users(first: 1) { id }`).join(' ');
    const { maxRootFields } = operationLimits;
    const refusal = [`An operation can have ${maxRootFields} root fields at most.`];
    expect(await errorsOf(`{ ${fields(maxRootFields)} }`)).toBeUndefined();
    expect(await errorsOf(`{ ${fields(maxRootFields + 1)} }`)).toEqual(refusal);
    expect(await errorsOf(`{ ...f } fragment f on Query { ... { ${fields(maxRootFields + 1)} } }`)).toEqual(
      refusal,
    );
  });

  it('allows one picture for one comparison', async () => {
    const document =
      'mutation ($image: Upload!) { a: verifyUser(id: "1", image: $image) { verified } b: registerUser(id: "2", image: $image) { message } }';
    const answer = await postMultipart(
      running.url,
      multipartBody([
        { name: 'operations', value: JSON.stringify({ query: document, variables: { image: null } }) },
        { name: 'map', value: '{"0":["variables.image"]}' },
        { name: '0', value: 'face', filename: 'face.jpg' },
      ]),
    );
    expect(answer.status).toBe(400);
    expect(answer.errors?.[0]?.message).toBe('An operation can have one field that takes pictures at most.');
  });

  it('survives fragments that contain themselves', async () => {
    expect(
      await errorsOf('{ ...a } fragment a on Query { ...b } fragment b on Query { ...a users { id } }'),
    ).toEqual([expect.stringContaining('Cannot spread fragment') as string]);
  });

  it('bounds the length of a document and the depth of introspection', async () => {
    expect(await errorsOf(`{ ${'users { id } '.repeat(operationLimits.maxTokens)} }`)).toEqual([
      expect.stringContaining('tokens') as string,
    ]);
    const deep =
      '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }';
    expect(await errorsOf(deep)).toEqual([expect.stringContaining('introspection depth') as string]);
  });

  it('bounds the values in lists, through aliases, fragments and variables too', async () => {
    const { maxListedValues } = operationLimits;
    const refusal = [
      `An operation can list ${maxListedValues} values at most; ask for fewer users or fields.`,
    ];
    const aliases = (count: number) => Array.from({ length: count }, (_, i) => `a${i}: id`).join(' ');
    expect(await errorsOf('{ users { id timestamp __typename } }')).toBeUndefined();
    expect(await errorsOf(`{ users { ${aliases(4)} id: id } }`)).toEqual(refusal);
    expect(await errorsOf(`{ users { ...f ...f } } fragment f on User { ${aliases(5)} }`)).toEqual(refusal);
    expect(await errorsOf('{ a: users { id timestamp } b: users { id timestamp } c: users { id } }')).toEqual(
      refusal,
    );
    expect(await errorsOf(`{ users(first: 100) { ${aliases(300)} } }`)).toBeUndefined();
    const variable = await query(
      running.url,
      `query ($first: Int) { users(first: $first) { ${aliases(5)} } }`,
      { first: 1 },
    );
    expect(variable.errors?.map(({ message }) => message)).toEqual(refusal);
  });

  it('bounds the number of errors', async () => {
    const unknown = Array.from({ length: 300 }, (_, place) => `x${place}`).join(' ');
    expect((await errorsOf(`{ users(first: 1) { ${unknown} } }`))?.length).toBe(101);
    const directives = '@a '.repeat(300);
    expect((await errorsOf(`{ users(first: 1) { id ${directives} } }`))?.length).toBeLessThanOrEqual(101);
    const answer = await query(
      running.url,
      'query ($ids: [ID!]!) { users(first: 1) { id @skip(if: $ids) } }',
      {
        ids: Array.from({ length: 5_000 }, () => ({})),
      },
    );
    expect(answer.errors?.length).toBeLessThanOrEqual(101);
  });

  it('bounds the depth of introspection through fragments too', async () => {
    const fragments =
      '{ __schema { types { ...a } } } fragment a on __Type { fields { type { ...b } } } ' +
      'fragment b on __Type { fields { type { ...c } } } fragment c on __Type { fields { type { fields { name } } } }';
    expect(await errorsOf(fragments)).toEqual([expect.stringContaining('introspection depth') as string]);
    expect(await errorsOf(getIntrospectionQuery())).toBeUndefined();
  });

  it('answers documents and variables of any depth that fits', async () => {
    const deep = (open: string, close: string, depth: number) =>
      `${open.repeat(depth)}1${close.repeat(depth)}`;
    const list = await fetch(`${running.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: `{"query":"query ($after: ID) { users(after: $after) { id } }","variables":{"after":${deep('[', ']', 40_000)}}}`,
    });
    expect(list.status).toBe(400);
    expect(await list.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    expect(await errorsOf(`{ users(after: ${deep('[', ']', 480)}) { id } }`)).toEqual([
      expect.stringContaining('ID cannot represent') as string,
    ]);
    expect(await errorsOf(`{ ${deep('... { ', ' }', 200).replace('1', 'users { id }')} }`)).toBeUndefined();
  });

  it('refuses batches', async () => {
    const response = await fetch(`${running.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify([{ query: '{ users { id } }' }, { query: '{ users { id } }' }]),
    });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('Operation batching disabled');
  });

  it('answers a JSON body that is too large or broken in the shape of GraphQL', async () => {
    const post = (body: string, headers: Record<string, string> = {}) =>
      fetch(`${running.url}/graphql`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...headers },
        body,
      });
    const large = await post(JSON.stringify({ query: `{ users { id } } #${'x'.repeat(100_000)}` }));
    expect(large.status).toBe(413);
    expect(await large.json()).toMatchObject({ errors: [{ extensions: { code: 'REQUEST_TOO_LARGE' } }] });
    for (const broken of [await post('{"query":'), await post('{}', { 'Content-Encoding': 'lzma' })]) {
      expect(broken.status).toBe(400);
      expect(await broken.json()).toMatchObject({
        errors: [{ extensions: { code: 'BAD_REQUEST', retryable: false, http: { status: 400 } } }],
      });
    }
  });
});

describe('multipart requests', () => {
  const operations = {
    name: 'operations',
    value: JSON.stringify({ query: REGISTER_USER, variables: { id: 'user1', image: null } }),
  };
  const map = { name: 'map', value: '{"0":["variables.image"]}' };
  const file = { name: '0', value: 'face', filename: 'face.jpg' };

  it.each([
    ['operations that are no JSON', [{ ...operations, value: '{' }, map, file], 'BAD_REQUEST', 400],
    ['no operations', [map, file], 'BAD_REQUEST', 400],
    ['map before operations', [map, operations, file], 'BAD_REQUEST', 400],
    ['no map', [operations], 'BAD_REQUEST', 400],
    ['the file before map', [operations, file, map], 'BAD_REQUEST', 400],
    ['a map that is a list', [operations, { ...map, value: '[]' }, file], 'BAD_REQUEST', 400],
    [
      'a path to nowhere',
      [operations, { ...map, value: '{"0":["variables.nothing"]}' }, file],
      'BAD_REQUEST',
      400,
    ],
    [
      'a path into prototypes',
      [operations, { ...map, value: '{"0":["__proto__.x"]}' }, file],
      'BAD_REQUEST',
      400,
    ],
    [
      'six files in map',
      [operations, { ...map, value: '{"0":["variables.image"],"1":[],"2":[],"3":[],"4":[],"5":[]}' }, file],
      'IMAGE_COUNT',
      413,
    ],
    [
      'more files than the operation takes',
      [
        {
          ...operations,
          value: JSON.stringify({
            query: VERIFY_USER,
            variables: { id: 'user1', image: null, other: [{ deep: null }] },
          }),
        },
        { ...map, value: '{"0":["variables.image"],"1":["variables.other.0.deep"]}' },
        file,
      ],
      'IMAGE_COUNT',
      413,
    ],
    [
      'long operations',
      [{ ...operations, value: `"${'x'.repeat(200_000)}"` }, map, file],
      'REQUEST_TOO_LARGE',
      413,
    ],
    [
      'a batch',
      [
        { ...operations, value: `[${operations.value}]` },
        { ...map, value: '{}' },
      ],
      'BAD_REQUEST',
      400,
    ],
  ])('are refused with %s', async (_case, parts, code) => {
    const answer = await postMultipart(running.url, multipartBody(parts));
    expect(answer.errors).toHaveLength(1);
    expect(answer.errors?.[0]?.extensions).toMatchObject({
      code,
      requestId: answer.headers.get('x-request-id'),
    });
    expect(answer.status).toBe(code === 'REQUEST_TOO_LARGE' ? 413 : 400);
    expect(running.users.faces.size).toBe(0);
  });

  it('are refused without the announced file', async () => {
    const answer = await postMultipart(running.url, multipartBody([operations, map]));
    expect(answer.errors?.[0]).toMatchObject({
      message: 'File missing in the request.',
      extensions: { code: 'BAD_REQUEST' },
    });
  });

  it.each([
    ['cut off', uploadBody(REGISTER_USER, 'user1', 'face').subarray(0, -60)],
    ['empty', Buffer.alloc(0)],
    ['without parts', Buffer.from('nothing')],
  ])('are refused when %s', async (_case, body) => {
    const answer = await postMultipart(running.url, body);
    expect(answer.errors?.[0]?.extensions['code']).toBe('BAD_REQUEST');
    expect(running.users.faces.size).toBe(0);
  });

  it('take an image of exactly the limit and refuse one byte more', async () => {
    expect((await upload(running.url, REGISTER_USER, 'user1', 'x'.repeat(2_000))).errors).toBeUndefined();
    const answer = await upload(running.url, REGISTER_USER, 'user2', 'x'.repeat(2_001));
    expect(answer.status).toBe(413);
    expect(answer.errors?.[0]).toMatchObject({
      message: 'The image is too large',
      extensions: { code: 'IMAGE_TOO_LARGE', http: { status: 413 } },
    });
    const huge = await upload(running.url, REGISTER_USER, 'user2', 'x'.repeat(1_000_000));
    expect(huge.status).toBe(413);
    expect(huge.errors?.[0]?.extensions['code']).toBe('IMAGE_TOO_LARGE');
  });

  it('ignore a file that map does not name', async () => {
    const answer = await postMultipart(running.url, multipartBody([operations, map, file]));
    expect(answer.errors).toBeUndefined();
  });

  it('need the header that browsers must ask permission for', async () => {
    const answer = await postMultipart(running.url, uploadBody(REGISTER_USER, 'user1', 'face'), {});
    expect(answer.status).toBe(400);
    expect(answer.errors?.[0]?.message).toContain('CSRF');
    expect(running.users.faces.size).toBe(0);
  });
});

import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { postMultipart, type GraphqlAnswer } from '../support/api/graphql.js';
import { multipartBody } from '../support/api/http.js';
import { readDataFolder } from '../support/databases/read-data-folder.js';
import { sampleFace } from '../support/pictures/sample-faces.js';
import { ServiceClient } from '../support/service/service-client.js';
import { ServiceProcess } from '../support/service/service-process.js';

let service: ServiceProcess;
let client: ServiceClient;

beforeAll(async () => {
  service = await ServiceProcess.start({ environment: { IDENTIFICATION: 'on' } });
  client = new ServiceClient(service.address);
});

afterAll(async () => {
  await service.discard();
});

/** One operation with pictures as variables by path, for example `image` or `more.0`. */
function send(
  document: string,
  variables: Record<string, unknown>,
  pictures: Record<string, Buffer>,
  address = service.address,
): Promise<GraphqlAnswer> {
  const map = Object.keys(pictures).map((path, place) => [place, [`variables.${path}`]] as const);
  return postMultipart(
    address,
    multipartBody([
      { name: 'operations', value: JSON.stringify({ query: document, variables }) },
      { name: 'map', value: JSON.stringify(Object.fromEntries(map)) },
      ...Object.values(pictures).map((value, place) => ({ name: String(place), value, filename: 'face' })),
    ]),
  );
}

const REGISTER =
  'mutation ($id: ID!, $image: Upload!, $more: [Upload!]) { registerUser(id: $id, image: $image, moreImages: $more) { user { id } } }';
const ADD =
  'mutation ($id: ID!, $image: Upload!) { addUserImage(id: $id, image: $image) { message images } }';

const codeOf = ({ errors }: GraphqlAnswer) => errors?.[0]?.extensions['code'];

test('a person with several pictures is verified by any of them, gets one more, and is deleted whole', async () => {
  const registered = await send(
    REGISTER,
    { id: 'ada', image: null, more: [null, null] },
    {
      image: await sampleFace('sample3-left'),
      'more.0': await sampleFace('sample3-left', 'turned'),
      'more.1': await sampleFace('sample3-left', 'smaller'),
    },
  );
  expect(registered.data).toEqual({ registerUser: { user: { id: 'ada' } } });

  const added = await send(
    ADD,
    { id: 'ada', image: null },
    { image: await sampleFace('sample3-left', 'brighter') },
  );
  expect(added.data).toEqual({ addUserImage: { message: 'Image added successfully', images: 4 } });

  for (const variant of ['webp', 'turned'] as const) {
    const image = await sampleFace('sample3-left', variant);
    expect(await client.verifyOverRest('ada', image)).toMatchObject({ recognition: 'ada', verified: true });
  }
  const stranger = await client.verifyOverGraphql('ada', await sampleFace('sample3-middle'));
  expect(stranger).toMatchObject({ recognition: null, verified: false });
  expect(await client.deleteOverGraphql('ada')).toHaveLength(4);
});

test("another person's picture is taken neither at registration nor later", async () => {
  const refused = await send(
    REGISTER,
    { id: 'bob', image: null, more: [null] },
    { image: await sampleFace('sample4-middle'), 'more.0': await sampleFace('sample4-right') },
  );
  expect(codeOf(refused)).toBe('DIFFERENT_PERSON');
  expect(await client.users()).not.toContain('bob');

  await client.registerOverRest('bob', await sampleFace('sample4-middle'));
  const image = await sampleFace('sample4-right');
  expect(codeOf(await send(ADD, { id: 'bob', image: null }, { image }))).toBe('DIFFERENT_PERSON');
  expect(codeOf(await send(ADD, { id: 'nobody', image: null }, { image }))).toBe('USER_NOT_FOUND');
  expect(await client.deleteOverGraphql('bob')).toHaveLength(1);
});

test('a dark picture is refused at registration with advice, over REST as well, but can be verified', async () => {
  const dark = await sharp(await sampleFace('sample3-left', 'png'))
    .linear(0.07, 0)
    .png()
    .toBuffer();
  const form = new FormData();
  form.set('id', 'dora');
  form.set('image', new Blob([dark]), 'face');
  const refused = await fetch(`${service.address}/register/`, { method: 'POST', body: form });
  expect(refused.status).toBe(400);
  expect(await refused.json()).toEqual({
    error: 'The face in the image is too dark; add light from the front',
  });

  await client.registerOverRest('dora', await sampleFace('sample3-left'));
  expect(await client.verifyOverRest('dora', dark)).toHaveProperty('verified');
  await client.deleteOverGraphql('dora');
});

test('faces are analysed, compared and identified, and nothing of them is kept', async () => {
  await client.registerOverRest('eve', await sampleFace('sample6-left'));
  await client.registerOverRest('finn', await sampleFace('sample6-right'));
  const before = readDataFolder(service.dataDir);

  const analysis = await send(
    'mutation ($image: Upload!) { analyseFace(image: $image) { box { x y width height } landmarks { rightEye { x y } leftEye { x y } noseTip { x y } } pose { yaw pitch roll } sharpness brightness size detectionScore problem } }',
    { image: null },
    { image: await sampleFace('sample6-left') },
  );
  expect(analysis.errors).toBeUndefined();
  expect(analysis.data).toMatchObject({ analyseFace: { problem: null } });

  const compare =
    'mutation ($one: Upload!, $two: Upload!) { compareFaces(first: $one, second: $two) { similarity samePerson } }';
  const same = await send(
    compare,
    { one: null, two: null },
    { one: await sampleFace('sample6-left'), two: await sampleFace('sample6-left', 'turned') },
  );
  expect(same.data).toMatchObject({ compareFaces: { samePerson: true } });
  const different = await send(
    compare,
    { one: null, two: null },
    { one: await sampleFace('sample6-left'), two: await sampleFace('sample6-right') },
  );
  expect(different.data).toMatchObject({ compareFaces: { samePerson: false } });

  const identify = async (image: Buffer) =>
    (
      await send(
        'mutation ($image: Upload!) { identifyFace(image: $image, first: 3) { candidates { id } } }',
        { image: null },
        { image },
      )
    ).data;
  expect(await identify(await sampleFace('sample6-right', 'smaller'))).toEqual({
    identifyFace: { candidates: [{ id: 'finn' }] },
  });
  expect(await identify(await sampleFace('sample3-middle'))).toEqual({ identifyFace: { candidates: [] } });
  expect(readDataFolder(service.dataDir)).toEqual(before);
});

test('nobody is identified unless the operator allows it', async () => {
  const usual = await ServiceProcess.start();
  try {
    const answer = await send(
      'mutation ($image: Upload!) { identifyFace(image: $image) { candidates { id } } }',
      { image: null },
      { image: await sampleFace('sample6-right') },
      usual.address,
    );
    expect(answer.errors?.[0]).toMatchObject({
      message: 'Identification is turned off; the operator can allow it with IDENTIFICATION=on',
      extensions: { code: 'IDENTIFICATION_OFF', http: { status: 403 } },
    });
  } finally {
    await usual.discard();
  }
});

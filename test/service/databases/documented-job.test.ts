import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleFace, samplePhoto } from '../../support/pictures/sample-faces.js';
import { readFile } from 'node:fs/promises';
import { ServiceClient } from '../../support/service/service-client.js';
import { ServiceProcess } from '../../support/service/service-process.js';

let service: ServiceProcess;
let client: ServiceClient;

beforeAll(async () => {
  service = await ServiceProcess.start();
  client = new ServiceClient(service.address);
});

afterAll(async () => {
  await service.discard();
});

function rest(method: string, path: string, fields: Record<string, string | Buffer>): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') form.set(name, value);
    else form.set(name, new Blob([value]), 'picture');
  }
  return fetch(`${service.address}${path}`, { method, body: form });
}

test('over REST a person registers, is verified from another picture, and a stranger is refused', async () => {
  const registered = await rest('POST', '/register/', {
    id: 'rest-ada',
    image: await sampleFace('sample3-left'),
  });
  expect(registered.status).toBe(201);
  expect(await registered.text()).toBe('{"message":"Data inserted successfully"}');

  const again = await rest('POST', '/register/', { id: 'rest-ada', image: await sampleFace('sample3-left') });
  expect(again.status).toBe(409);

  const genuine = await rest('POST', '/verify/', {
    id: 'rest-ada',
    image: await sampleFace('sample3-left', 'turned'),
  });
  expect(genuine.status).toBe(200);
  expect(await genuine.text()).toBe(
    '{"message":"Image received successfully!","recognition":"rest-ada","verified":true}',
  );

  const stranger = await rest('POST', '/verify', {
    id: 'rest-ada',
    image: await sampleFace('sample3-middle'),
  });
  expect(await stranger.text()).toBe(
    '{"message":"Image received successfully!","recognition":null,"verified":false}',
  );

  const deleted = await rest('DELETE', '/register/', { id: 'rest-ada' });
  expect(deleted.status).toBe(204);
  const gone = await rest('POST', '/verify/', { id: 'rest-ada', image: await sampleFace('sample3-left') });
  expect(gone.status).toBe(400);
  expect(await gone.text()).toBe('{"error":"Invalid User","verified":false}');
});

test('somebody who claims another enrolled person is recognised as who they are, and refused', async () => {
  await client.registerOverRest('claimed', await sampleFace('sample6-left'));
  await client.registerOverRest('shown', await sampleFace('sample6-right'));
  const said = await client.verifyOverGraphql('claimed', await sampleFace('sample6-right', 'brighter'));
  expect(said).toMatchObject({ recognition: 'shown', verified: false });
  expect(said.similarity).toBeLessThan(0.5);

  expect(await client.deleteOverGraphql('shown')).toHaveLength(1);
  const after = await client.verifyOverGraphql('claimed', await sampleFace('sample6-right', 'brighter'));
  expect(after).toMatchObject({ recognition: null, verified: false });
  await client.deleteOverGraphql('claimed');
});

test('over GraphQL a person is verified with a similarity above one half', async () => {
  await client.registerOverRest('graph-bob', await sampleFace('sample4-middle'));
  const said = await client.verifyOverGraphql('graph-bob', await sampleFace('sample4-middle', 'smaller'));
  expect(said).toMatchObject({ recognition: 'graph-bob', verified: true });
  expect(said.similarity).toBeGreaterThan(0.5);
  expect(await client.users()).toContain('graph-bob');
  await client.deleteOverGraphql('graph-bob');
  expect(await client.users()).not.toContain('graph-bob');
});

test('a picture of several people is refused and enrols nobody', async () => {
  const answer = await rest('POST', '/register/', { id: 'crowd', image: await readFile(samplePhoto(3)) });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toEqual({
    error: 'Several faces of similar size were found in the image; show one person only',
  });
  expect(await client.users()).not.toContain('crowd');
});

test('the log tells what happened and names nobody', async () => {
  await client.registerOverRest('very-secret-id', await sampleFace('sample5-top'));
  await client.deleteOverGraphql('very-secret-id');
  const log = service.output.join('\n');
  expect(log).toContain('"route":"/register"');
  expect(log).not.toContain('very-secret-id');
});

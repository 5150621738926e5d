import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REGISTER_USER, upload, VERIFY_USER } from '../support/api/graphql.js';
import { hostilePictures } from '../support/pictures/hostile-pictures.js';
import { sampleFace } from '../support/pictures/sample-faces.js';
import { restForm, ServiceClient } from '../support/service/service-client.js';
import { ServiceProcess } from '../support/service/service-process.js';

let service: ServiceProcess;
let client: ServiceClient;

beforeAll(async () => {
  service = await ServiceProcess.start();
  client = new ServiceClient(service.address);
  await client.registerOverRest('ada', await sampleFace('sample3-left'));
});
afterAll(() => service.discard());

// Registration refuses a face that is good enough for verification, so only what is no picture is registered.
const volleys = ['bomb', 'metadata', 'animation', 'foreign format', 'polyglot', 'extreme shape'];

describe.each(volleys)('a volley of kind %s', (kind) => {
  it('is answered by both interfaces without a failure of the service, and a real face is verified after it', async () => {
    for (const { name, make } of hostilePictures.filter((picture) => picture.kind === kind)) {
      const bytes = await make();
      const body = restForm('ada', bytes);
      const verified = await fetch(`${service.address}/verify/`, { method: 'POST', body });
      expect([200, 400, 413], `REST: ${name}`).toContain(verified.status);
      expect(await verified.json()).toHaveProperty('verified');
      const asked = await upload(service.address, VERIFY_USER, 'ada', bytes);
      const code = asked.errors?.[0]?.extensions['code'];
      expect(['INTERNAL', 'UNAVAILABLE'], `GraphQL: ${name}`).not.toContain(code);
      const registered = await upload(service.address, REGISTER_USER, 'ada', bytes);
      expect(registered.errors?.[0]?.extensions['code'], name).toBe('USER_EXISTS');
    }
    expect(await client.verifyOverRest('ada', await sampleFace('sample3-left', 'webp'))).toMatchObject({
      recognition: 'ada',
      verified: true,
    });
    expect(await client.users()).toEqual(['ada']);
    expect(readdirSync(join(service.dataDir, 'tmp'))).toEqual([]);
  }, 180_000);
});

import { expect, onTestFinished, test } from 'vitest';
import { errorCatalogue } from '../../src/errors.js';
import { REGISTER_USER, upload, VERIFY_USER } from '../support/api/graphql.js';
import { sampleFace } from '../support/pictures/sample-faces.js';
import { restForm } from '../support/service/service-client.js';
import { ServiceProcess } from '../support/service/service-process.js';

const message = errorCatalogue.LIVENESS_FAILED.message;
const ANALYSE_FACE = 'mutation ($image: Upload!) { analyseFace(image: $image) { liveness problem } }';

async function start(environment: Record<string, string>) {
  const service = await ServiceProcess.start({ environment });
  onTestFinished(() => service.discard());
  const picture = await sampleFace('sample1-left');
  return {
    service,
    rest: async (path: string, id: string) => {
      const response = await fetch(service.address + path, { method: 'POST', body: restForm(id, picture) });
      return { status: response.status, body: await response.json() };
    },
    graphql: (document: string, id = '') => upload(service.address, document, id, picture),
  };
}

test('no liveness is measured or asked for unless it is turned on', async () => {
  const { service, rest, graphql } = await start({});
  expect(await rest('/register/', 'ada')).toMatchObject({ status: 201 });
  expect((await graphql(ANALYSE_FACE)).data).toEqual({ analyseFace: { liveness: null, problem: null } });
  expect(service.output.join('\n')).not.toContain('liveness');
});

test('a face that does not seem live is refused at verification, by REST and GraphQL', async () => {
  const { service, rest, graphql } = await start({ LIVENESS: 'verify', LIVENESS_THRESHOLD: '1' });
  expect(await rest('/register/', 'ada')).toMatchObject({ status: 201 });
  expect(await rest('/verify/', 'ada')).toEqual({ status: 400, body: { error: message, verified: false } });
  const { data, errors } = await graphql(VERIFY_USER, 'ada');
  expect(data).toBeNull();
  expect(errors).toMatchObject([
    { message, extensions: { code: 'LIVENESS_FAILED', retryable: false, http: { status: 400 } } },
  ]);
  const analysis = (await graphql(ANALYSE_FACE)).data?.['analyseFace'];
  expect(analysis).toEqual({ liveness: expect.any(Number) as number, problem: null });
  const { liveness } = analysis as { liveness: number };
  expect(liveness).toBeGreaterThan(0);
  expect(liveness).toBeLessThan(1);
  expect(service.output.join('\n')).toContain('stops few pictures of pictures');
  expect(service.output.join('\n')).not.toContain(String(liveness));
});

test('a face that does not seem live is refused at registration too where that is asked for', async () => {
  const { rest, graphql } = await start({ LIVENESS: 'register-and-verify', LIVENESS_THRESHOLD: '1' });
  expect(await rest('/register/', 'ada')).toEqual({ status: 400, body: { error: message } });
  expect((await graphql(REGISTER_USER, 'ada')).errors?.[0]).toMatchObject({
    extensions: { code: 'LIVENESS_FAILED' },
  });
  expect((await graphql(ANALYSE_FACE)).data).toMatchObject({ analyseFace: { problem: 'LIVENESS_FAILED' } });
});

import { expect, onTestFinished, test } from 'vitest';
import { s3Credentials, startS3Server } from '../support/s3-server.js';
import { sampleFace } from '../support/pictures/sample-faces.js';
import { ServiceClient } from '../support/service/service-client.js';
import { ServiceProcess } from '../support/service/service-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

async function readiness(address: string): Promise<number | 'refused'> {
  const answer = await fetch(`${address}/readyz`).catch(() => 'refused' as const);
  return answer === 'refused' ? answer : answer.status;
}

test('a bucket that hangs under a background job keeps no stopping service ready or alive', async () => {
  const { proxy, location, keys } = await startS3Server();
  const start = async (embedder: string) => {
    const service = await ServiceProcess.start({
      dataDir,
      environment: {
        ...s3Credentials,
        IMAGE_STORE: `s3://${location.bucket}/people`,
        AWS_ENDPOINT_URL: location.endpoint,
        FACE_EMBEDDER: embedder,
      },
    });
    onTestFinished(() => service.discard());
    return service;
  };
  const dataDir = temporaryFolder();
  const first = await start('dlib-resnet-v1');
  await new ServiceClient(first.address).registerOverRest('ann', await sampleFace('sample3-left'));
  expect(await first.end('SIGTERM')).toBe(0);
  const [picture = 'no picture'] = keys();

  // Another model reads the picture again in the background.
  const hanging = (method: string, path: string) => method === 'GET' && path.endsWith(picture);
  proxy.plan = (method, path) => (hanging(method, path) ? 'silence' : undefined);
  const second = await start('dlib-faceres-v2');
  await expect.poll(() => proxy.requests.some((line) => line.includes(`${picture}?`))).toBe(true);
  expect(await readiness(second.address)).toBe(200);

  const end = second.end('SIGTERM');
  await expect.poll(() => readiness(second.address)).not.toBe(200);
  expect(proxy.requests.filter((line) => line.startsWith('GET') && line.includes(picture))).toHaveLength(1);
  // Cut off at the deadline, or ended because the request was given up just before.
  expect([null, 0]).toContain(await end);
  expect(second.output.some((line) => line.includes('"draining"'))).toBe(true);
}, 60_000);

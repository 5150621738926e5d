import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { sampleFace } from '../support/pictures/sample-faces.js';
import { ServiceClient } from '../support/service/service-client.js';
import { ServiceProcess } from '../support/service/service-process.js';

async function start(environment: Record<string, string> = {}): Promise<ServiceProcess> {
  const service = await ServiceProcess.start({ environment });
  onTestFinished(() => service.discard());
  return service;
}

interface Ready {
  readonly msg: string;
  readonly metricsAddress: string | null;
}

function metricsAddress({ output }: ServiceProcess): string | null | undefined {
  return output.map((line) => JSON.parse(line) as Ready).find(({ msg }) => msg === 'ready')?.metricsAddress;
}

test('the metrics tell what the service did, and of nobody', async () => {
  const service = await start();
  const address = metricsAddress(service) ?? '';
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  const read = async (): Promise<(sample: string) => number> => {
    const text = await (await fetch(address)).text();
    expect(text).not.toContain('ada-private');
    const samples = new Map(text.split('\n').map((line) => line.split(' ') as [string, string]));
    return (sample) => Number(samples.get(sample) ?? 0);
  };

  const idle = await read();
  expect(idle('face_workers')).toBe(1);
  expect(idle('face_operations_total')).toBe(0);
  expect(idle('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
  expect(idle('process_resident_memory_bytes')).toBeGreaterThan(1e7);

  const client = new ServiceClient(service.address);
  const picture = await sampleFace('sample3-left');
  await client.registerOverRest('ada-private', picture);
  await client.verifyOverGraphql('ada-private', picture);
  const busy = await read();
  expect(busy('face_operations_total{operation="registerUser",interface="rest",outcome="ok"}')).toBe(1);
  expect(busy('face_operations_total{operation="verifyUser",interface="graphql",outcome="ok"}')).toBe(1);
  expect(busy('face_verifications_total{decision="verified"}')).toBe(1);
  for (const stage of ['queue', 'decode', 'detect', 'landmarks', 'embed'])
    expect(busy(`face_stage_duration_seconds_count{stage="${stage}"}`), stage).toBe(2);
  expect(busy('face_stage_duration_seconds_count{stage="search"}')).toBe(1);
  expect(busy('face_stage_duration_seconds_count{stage="image_store"}')).toBe(1);
  expect(busy('face_stage_duration_seconds_count{stage="database"}')).toBeGreaterThan(3);
  expect(busy('face_stage_duration_seconds_sum{stage="embed"}')).toBeGreaterThan(0);
  expect(busy('face_gallery_templates')).toBe(1);
  expect(busy('face_gallery_revision')).toBeGreaterThan(0);

  await client.deleteOverGraphql('ada-private');
  expect(
    (await read())('face_operations_total{operation="deleteUser",interface="graphql",outcome="ok"}'),
  ).toBe(1);

  expect((await fetch(`${service.address}/metrics`)).status).toBe(404);
  expect(await service.end('SIGTERM')).toBe(0);
  await expect(fetch(address)).rejects.toThrow();
});

test('a metrics port that was asked for and is taken stops the start', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await expect(start({ METRICS_PORT: `${port}` })).rejects.toThrow(
    new RegExp(`code 1[\\s\\S]*EADDRINUSE.*${port}`),
  );
});

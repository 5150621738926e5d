import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { compiledFile, projectRoot } from '../../../src/project-root.js';
import { openTransitServer } from '../../support/holders/holder-kinds.js';
import { SoftToken, softTokenMissing } from '../../support/holders/soft-token.js';
import type { TransitServer } from '../../support/holders/transit-server.js';
import { sampleFace } from '../../support/pictures/sample-faces.js';
import { restForm, ServiceClient } from '../../support/service/service-client.js';
import { ServiceProcess } from '../../support/service/service-process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

interface Line {
  readonly msg: string;
  readonly address?: string;
  readonly err?: { readonly message: string };
}

/** The service, without waiting until it is ready. */
function launch(dataDir: string, environment: Record<string, string>) {
  const child = spawn(process.execPath, [compiledFile('src/main.ts')], {
    cwd: projectRoot,
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      METRICS_PORT: '0',
      FACE_WORKERS: '1',
      DATA_DIR: dataDir,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'exit') as Promise<[number | null, string | null]>;
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as Line));
  const said = (text: string) => expect.poll(() => lines.find(({ msg }) => msg.includes(text))).toBeDefined();
  return { child, exit, lines, said };
}

async function heldFolder() {
  const server = await openTransitServer();
  const dataDir = temporaryFolder();
  const first = await ServiceProcess.start({ dataDir, environment: server.environment });
  await new ServiceClient(first.address).registerOverRest('ada', await sampleFace('sample3-left'));
  expect(await first.end('SIGTERM')).toBe(0);
  return { server, dataDir };
}

it('waits for the holder at a start, answers 503 meanwhile, and asks it once for as many users as there are', async () => {
  const { server, dataDir } = await heldFolder();
  server.sealed = true;
  const { lines, said } = launch(dataDir, server.environment);
  await said('the master keys cannot be unwrapped yet');
  const address = lines.find(({ msg }) => msg.startsWith('listening'))?.address ?? '';
  expect((await fetch(`${address}/healthz`)).status).toBe(200);
  const readiness = await fetch(`${address}/readyz`);
  expect(readiness.status).toBe(503);
  expect(await readiness.json()).toEqual({
    status: 'loading',
    templates: 0,
    waitingFor: 'the key holder vault',
  });
  const face = await sampleFace('sample3-left');
  const refused = await fetch(`${address}/verify/`, { method: 'POST', body: restForm('ada', face) });
  expect(refused.status).toBe(503);
  expect(lines.find(({ err }) => err !== undefined)?.err?.message).toContain('Vault is sealed');

  server.requests.length = 0;
  server.sealed = false;
  await said('ready');
  expect(server.requests.at(-1)).toBe('/v1/transit/decrypt/facial-verification');
  const asked = server.requests.length;
  expect(await new ServiceClient(address).verifyOverRest('ada', face)).toMatchObject({ verified: true });
  await server.stop();
  expect(await new ServiceClient(address).verifyOverRest('ada', face)).toMatchObject({ verified: true });
  expect(server.requests).toHaveLength(asked);

  const ready = lines.find(({ msg }) => msg === 'ready') as { metricsAddress?: string } | undefined;
  const metrics = await (await fetch(ready?.metricsAddress ?? '')).text();
  expect(metrics).toMatch(/face_key_holder_failures_total\{holder="vault"\} [1-9]/);
  expect(JSON.stringify(lines)).not.toContain(server.token);
});

it.each([
  ['is away', async (server: TransitServer) => server.stop()],
  ['does not answer', (server: TransitServer) => void (server.hanging = true)],
])('ends in order while the holder %s', async (_, fail) => {
  const { server, dataDir } = await heldFolder();
  server.requests.length = 0;
  await fail(server);
  const { child, exit, said } = launch(dataDir, server.environment);
  if (server.hanging) await expect.poll(() => server.requests.length).toBe(1);
  else await said('the master keys cannot be unwrapped yet');
  child.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
});

it('refuses to start with what another key of the holder wrapped', async () => {
  const { server, dataDir } = await heldFolder();
  server.rotate('other');
  const { exit, said } = launch(dataDir, { ...server.environment, VAULT_TRANSIT_KEY: 'other' });
  await said('the service could not start');
  expect(await exit).toEqual([1, null]);
});

it.skipIf(softTokenMissing !== null)(
  'keeps running with a PIN that the token refuses, and does not lock it',
  async () => {
    const token = new SoftToken();
    const dataDir = temporaryFolder();
    const { child, exit, lines, said } = launch(dataDir, { ...token.environment, PKCS11_PIN: '000000' });
    await said('listening');
    await expect
      .poll(() => lines.filter(({ err }) => err?.message.includes('CKR_PIN_INCORRECT')).length)
      .toBe(3);
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
    expect(JSON.stringify(lines)).not.toContain('000000');
    const right = await ServiceProcess.start({ dataDir, environment: token.environment });
    expect(await right.end('SIGTERM')).toBe(0);
  },
);

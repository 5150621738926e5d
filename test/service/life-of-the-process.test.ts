import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { compiledFile, projectRoot } from '../../src/project-root.js';
import { sampleFace } from '../support/pictures/sample-faces.js';
import { restForm, ServiceClient } from '../support/service/service-client.js';
import { ServiceProcess, type ServiceProcessOptions } from '../support/service/service-process.js';

async function start(options?: ServiceProcessOptions): Promise<ServiceProcess> {
  const service = await ServiceProcess.start(options);
  onTestFinished(() => service.discard());
  return service;
}

async function runToEnd(
  environment: Record<string, string>,
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [compiledFile('src/main.ts')], {
    cwd: projectRoot,
    env: { PATH: process.env['PATH'], ...environment },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  return { code: child.exitCode, output };
}

test('whoever is registered is still there after a restart, and can be verified', async () => {
  const first = await start();
  await new ServiceClient(first.address).registerOverRest('ada', await sampleFace('sample3-left'));
  expect(await first.end('SIGTERM')).toBe(0);

  const second = await start({ dataDir: first.dataDir });
  const client = new ServiceClient(second.address);
  expect(await client.users()).toEqual(['ada']);
  const said = await client.verifyOverRest('ada', await sampleFace('sample3-left', 'webp'));
  expect(said).toMatchObject({ recognition: 'ada', verified: true });
});

test('SIGTERM finishes the requests under way, takes no new ones, and ends with 0', async () => {
  const service = await start();
  const body = new Response(restForm('ada', await sampleFace('sample3-left')));
  const upload = request(`${service.address}/register/`, {
    method: 'POST',
    headers: { 'content-type': body.headers.get('content-type') ?? '', expect: '100-continue' },
  });
  upload.flushHeaders();
  await once(upload, 'continue');
  const ended = service.end('SIGTERM');
  await expect
    .poll(() =>
      fetch(`${service.address}/healthz`).then(
        () => 'open',
        () => 'closed',
      ),
    )
    .toBe('closed');

  upload.end(Buffer.from(await body.arrayBuffer()));
  const [answer] = (await once(upload, 'response')) as [IncomingMessage];
  expect(answer.statusCode).toBe(201);
  expect(await ended).toBe(0);

  const again = await start({ dataDir: service.dataDir });
  expect(await new ServiceClient(again.address).users()).toEqual(['ada']);
});

test('a second process on the same folder is refused and says what to do', async () => {
  const service = await start();
  const { code, output } = await runToEnd({ DATA_DIR: service.dataDir, PORT: '0', FACE_WORKERS: '1' });
  expect(code).toBe(1);
  expect(output).toContain('Another process already uses the data folder');
});

test('a port in use is refused with the port in the message', async () => {
  const service = await start();
  const { port } = new URL(service.address);
  const other = await start();
  await other.end('SIGTERM');
  const { code, output } = await runToEnd({ DATA_DIR: other.dataDir, PORT: port, FACE_WORKERS: '1' });
  expect(code).toBe(1);
  expect(output).toMatch(new RegExp(`EADDRINUSE.*${port}`));
});

test('every bad variable is named, its value is not repeated, and nothing is started', async () => {
  const { code, output } = await runToEnd({ PORT: 'secret-port', FACE_WORKERS: '0', MATCH_FMR: '1e-3' });
  expect(code).toBe(78);
  expect(output).toContain('PORT');
  expect(output).toContain('FACE_WORKERS');
  expect(output).not.toContain('MATCH_FMR');
  expect(output).not.toContain('secret-port');
});

test('only the loopback address answers unless HOST says otherwise', async () => {
  const service = await start();
  expect(new URL(service.address).hostname).toBe('127.0.0.1');
  const elsewhere = connect({ host: '127.0.0.2', port: Number(new URL(service.address).port) });
  const [error] = (await once(elsewhere, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNREFUSED');
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { compiledFile } from '../../../src/project-root.js';
import { mariadbMissing, MariadbServer, SERVICE_PASSWORD } from '../../support/databases/mariadb-server.js';
import { sampleFace } from '../../support/pictures/sample-faces.js';
import { restForm, ServiceClient } from '../../support/service/service-client.js';
import { ServiceProcess } from '../../support/service/service-process.js';

const UNAVAILABLE = 'The service is temporarily unavailable; try again shortly';

describe.skipIf(mariadbMissing !== null)(`the service on MySQL ${mariadbMissing ?? ''}`, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start({ durable: true });
  });
  afterAll(() => server.discard());

  const start = async (database: string) => {
    const service = await ServiceProcess.start({ environment: { DATABASE_URL: server.url(database) } });
    onTestFinished(() => service.discard());
    return service;
  };
  const verify = async (service: ServiceProcess, id: string, image: Buffer) => {
    const answer = await fetch(`${service.address}/verify/`, { method: 'POST', body: restForm(id, image) });
    return {
      status: answer.status,
      retryAfter: answer.headers.get('retry-after'),
      body: await answer.json(),
    };
  };

  it('adopts the documented database, with an answer of its own for people without a face', async () => {
    const name = await server.createDatabase();
    await server.run(
      "CREATE TABLE users (id VARCHAR(255) PRIMARY KEY, timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP); SET time_zone = '+00:00'; INSERT INTO users VALUES ('legacy', '2023-07-23 12:34:56')",
      name,
    );
    const service = await start(name);
    const client = new ServiceClient(service.address);
    const list = await fetch(`${service.address}/register/`);
    expect(await list.json()).toEqual({
      message: 'Hello, world!',
      data: [{ id: 'legacy', timestamp: '2023-07-23T12:34:56' }],
    });

    expect(await verify(service, 'legacy', await sampleFace('sample3-left'))).toMatchObject({
      status: 400,
      body: { error: 'This user has no enrolled face yet', verified: false },
    });
    await client.registerOverRest('Legacy', await sampleFace('sample3-left'));
    expect(await client.verifyOverRest('Legacy', await sampleFace('sample3-left', 'webp'))).toMatchObject({
      recognition: 'Legacy',
      verified: true,
    });
    expect(await client.deleteOverGraphql('legacy')).toEqual([]);
    expect(await client.users()).toEqual(['Legacy']);
  });

  it('turns unready without its database, answers retryably, and resumes by itself', async () => {
    const service = await start(await server.createDatabase());
    const client = new ServiceClient(service.address);
    const face = await sampleFace('sample3-left');
    await client.registerOverRest('ada', face);
    const readiness = async () => (await fetch(`${service.address}/readyz`)).status;
    expect(await readiness()).toBe(200);

    for (let outage = 0; outage < 2; outage += 1) {
      await server.end('SIGKILL');

      expect(await readiness()).toBe(503);
      expect((await fetch(`${service.address}/healthz`)).status).toBe(200);
      expect(await verify(service, 'ada', face)).toEqual({
        status: 503,
        retryAfter: expect.stringMatching(/^\d+$/) as string,
        body: { error: UNAVAILABLE, verified: false },
      });
      for (const method of ['POST', 'GET']) {
        const answer = await fetch(`${service.address}/register/`, {
          method,
          ...(method === 'POST' && { body: restForm('eve', face) }),
        });
        expect([answer.status, await answer.json()]).toEqual([503, { error: UNAVAILABLE }]);
      }

      await server.restart();
      await expect.poll(readiness, { timeout: 15_000 }).toBe(200);
      expect(await client.verifyOverRest('ada', face)).toMatchObject({ recognition: 'ada', verified: true });
    }
    await client.registerOverRest('eve', await sampleFace('sample3-right'));
    expect(await client.users()).toEqual(['ada', 'eve']);
    expect(service.output.join('\n')).not.toContain(SERVICE_PASSWORD);
    expect(service.child.exitCode).toBeNull();
  });

  it('does not start with a wrong password, and does not repeat it', async () => {
    const url = `mysql://service:not-the-password@127.0.0.1:${server.port}/x`;
    const child = spawn(process.execPath, [compiledFile('src/main.ts')], {
      env: { DATABASE_URL: url, PORT: '0' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await once(child, 'close');
    expect(child.exitCode).toBe(1);
    expect(output).toContain('Check user, password, database and privileges of DATABASE_URL');
    expect(output).not.toContain('not-the-password');
  });
});

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { multipartType } from '../support/api/http.js';
import { readDataFolder } from '../support/databases/read-data-folder.js';
import { sampleFace, strangers } from '../support/pictures/sample-faces.js';
import { restForm, ServiceClient } from '../support/service/service-client.js';
import { ServiceProcess } from '../support/service/service-process.js';

async function start(dataDir?: string): Promise<ServiceProcess> {
  const service = await ServiceProcess.start(dataDir === undefined ? {} : { dataDir });
  onTestFinished(() => service.discard());
  return service;
}

test('SIGTERM in the middle of registrations: every 201 is there after the restart, nothing is half-written', async () => {
  const service = await start();
  const registrations = await Promise.all(
    Array.from({ length: 6 }, async (_, place) => {
      const image = await sampleFace(strangers[place % strangers.length] ?? 'sample1-left');
      return { id: `user-${place}`, body: restForm(`user-${place}`, image) };
    }),
  );
  let ended: Promise<number | null> | undefined;
  const answers = await Promise.all(
    registrations.map(async ({ id, body }) => {
      const answer = await fetch(`${service.address}/register/`, { method: 'POST', body }).catch(() => null);
      // The first answer says that the others are in the middle of their work.
      ended ??= service.end('SIGTERM');
      return { id, status: answer?.status ?? null };
    }),
  );
  expect(await ended).toBe(0);
  const acknowledged = answers.filter(({ status }) => status === 201).map(({ id }) => id);
  expect(acknowledged.length).toBeGreaterThan(0);
  for (const { status } of answers) expect([201, 503, null]).toContain(status);

  const again = await start(service.dataDir);
  expect(await new ServiceClient(again.address).users()).toEqual(expect.arrayContaining(acknowledged));
  expect(await again.end('SIGTERM')).toBe(0);
  const { people, problems } = readDataFolder(service.dataDir);
  expect(problems).toEqual([]);
  expect([...people.keys()]).toEqual(expect.arrayContaining(acknowledged));
}, 120_000);

test('a thousand clients that are idle, slow or half-open keep nobody else from being served', async () => {
  const service = await start();
  const port = Number(new URL(service.address).port);
  const client = new ServiceClient(service.address);
  await client.registerOverRest('ada', await sampleFace('sample3-left'));

  const beginnings = [
    '',
    'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
    `POST /verify/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${multipartType}\r\nContent-Length: 5000000\r\n\r\n--`,
    `POST /graphql HTTP/1.1\r\nHost: localhost\r\nApollo-Require-Preflight: 1\r\nContent-Type: ${multipartType}\r\nContent-Length: 5000000\r\n\r\n--`,
  ];
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let batch = 0; batch < 10; batch += 1)
    await Promise.all(
      Array.from({ length: 100 }, async (_, place) => {
        const socket = connect(port, '127.0.0.1');
        // The service closes the slow ones, as it should.
        socket.on('error', () => undefined);
        sockets.push(socket);
        await once(socket, 'connect');
        socket.write(beginnings[place % beginnings.length] ?? '');
      }),
    );

  for (let round = 0; round < 3; round += 1) {
    expect(await client.verifyOverRest('ada', await sampleFace('sample3-left', 'webp'))).toMatchObject({
      verified: true,
    });
    expect(await client.users()).toEqual(['ada']);
  }
  for (const socket of sockets) socket.destroy();
  expect(await service.end('SIGTERM')).toBe(0);
}, 120_000);

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { CuttingProxy } from '../../support/databases/cutting-proxy.js';
import { mariadbMissing, MariadbServer } from '../../support/databases/mariadb-server.js';
import { restForm } from '../../support/service/service-client.js';
import { textPicture } from '../../support/service/text-face-service.js';
import { startTextNodes } from '../../support/service/text-nodes.js';

describe.skipIf(mariadbMissing !== null)(`a database that stays away ${mariadbMissing ?? ''}`, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start();
  });
  afterAll(() => server.discard());

  it('after a COMMIT it carried out: 503, then 201 to the same request with the same key', async () => {
    const name = await server.createDatabase();
    const proxy = await CuttingProxy.start(server.port);
    onTestFinished(() => proxy.stop());
    const [node] = await startTextNodes([server.url(name).replace(`:${server.port}/`, `:${proxy.port}/`)]);
    const register = async (person: number, key?: string) => {
      const response = await fetch(`${node?.address ?? ''}/register/`, {
        method: 'POST',
        body: restForm('ann', Buffer.from(textPicture(person))),
        headers: key === undefined ? {} : { 'Idempotency-Key': key },
      });
      return { status: response.status, body: await response.text() };
    };
    // The announcement of the image has its own COMMIT; this is about the one of the registration.
    proxy.onPacket = (bytes) => {
      if (bytes.includes('insert into `users`'))
        proxy.cutAt('COMMIT', 'after', () => {
          proxy.refuse();
          return Promise.resolve();
        });
    };
    expect((await register(1, 'key-0001')).status).toBe(503);
    expect(await server.run('SELECT id FROM users', name)).toEqual([{ id: 'ann' }]);

    proxy.accept();
    await expect.poll(() => register(1).then(({ status }) => status), { timeout: 20_000 }).toBe(409);
    const repeated = await register(1, 'key-0001');
    expect(repeated).toMatchObject({ status: 201 });
    expect(await register(1, 'key-0001')).toEqual(repeated);
    expect((await register(2, 'key-0001')).status).toBe(422);
    expect(await server.run('SELECT COUNT(*) n FROM face_templates', name)).toEqual([{ n: 1 }]);
  });
});

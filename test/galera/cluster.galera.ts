import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GaleraCluster, galeraMissing } from '../support/databases/galera-cluster.js';
import { interleavedOperations } from '../support/service/interleaved-operations.js';
import { restForm } from '../support/service/service-client.js';
import type { ServiceProcess } from '../support/service/service-process.js';
import { ContinuousLoad } from '../support/service/continuous-load.js';
import { textPicture } from '../support/service/text-face-service.js';
import { startTextNodes } from '../support/service/text-nodes.js';

describe.skipIf(galeraMissing !== null)(`a Galera cluster ${galeraMissing ?? ''}`, () => {
  let cluster: GaleraCluster;
  beforeAll(async () => {
    cluster = await GaleraCluster.start();
  });
  afterAll(() => cluster.discard());

  const newDatabase = async () => {
    const name = await cluster.nodes[0]?.createDatabase();
    if (name === undefined) throw new Error('The cluster has no nodes.');
    return name;
  };

  it('shows what one service node wrote to another that uses a different database node', async () => {
    const name = await newDatabase();
    const [first, second] = await startTextNodes([cluster.url(name, 0), cluster.url(name, 1)]);
    await interleavedOperations({
      addresses: [first?.address ?? '', second?.address ?? ''],
      workers: 4,
      roundsPerWorker: 10,
    });
    const revisions = await cluster.nodes[1]?.run(
      'SELECT COUNT(DISTINCT rev) revisions, MAX(rev) newest FROM face_gallery_change',
      name,
    );
    expect(revisions).toEqual([{ revisions: 84, newest: 84 }]);
  });

  it('waits for a database node that lags behind rather than answer without its news', async () => {
    const name = await newDatabase();
    const [first, second] = await startTextNodes([cluster.url(name, 0), cluster.url(name, 1)]);
    const send = (service: ServiceProcess | undefined, path: string) =>
      fetch(`${service?.address ?? ''}${path}`, {
        method: 'POST',
        body: restForm('ada', Buffer.from(textPicture(1))),
      });
    const lagging = await cluster.nodes[1]?.connect();
    try {
      await lagging?.query('FLUSH TABLES WITH READ LOCK');
      expect((await send(first, '/register/')).status).toBe(201);
      const answer = send(second, '/verify/');
      await sleep(500);
      await lagging?.query('UNLOCK TABLES');
      expect(await (await answer).json()).toMatchObject({ recognition: 'ada', verified: true });
    } finally {
      lagging?.destroy();
    }
  });

  it.each([0, 1])(
    'loses nothing when database node %i is killed under load and brought back',
    async (place) => {
      const name = await newDatabase();
      const victim = cluster.nodes[place];
      if (!victim) throw new Error('The cluster has no such node.');
      const services = await startTextNodes([cluster.url(name), cluster.url(name)]);
      const load = new ContinuousLoad(
        services.map(({ address }) => address),
        6,
      );
      await load.succeed(200);

      load.phase = 'killed';
      await victim.end('SIGKILL');
      await load.succeed(300);
      load.phase = 'rejoining';
      await cluster.rejoin(victim);
      load.phase = 'back';
      await load.succeed(100);
      // Connections have gone back to the preferred node.
      await sleep(2000);
      load.phase = 'settled';
      await load.succeed(200);
      const report = await load.stop();
      process.stdout.write(
        `database node ${place}: ${JSON.stringify({ ...report, acknowledged: report.acknowledged.length })}\n`,
      );

      expect(Object.keys(report.refusals).filter((status) => status !== '503')).toEqual([]);
      expect(report.phases['settled']?.refused).toBe(0);
      expect(report.wrong).toEqual([]);
      const [user] = await victim.run(
        "SELECT COUNT(*) n FROM information_schema.processlist WHERE user = 'service' AND command = 'Sleep'",
      );
      expect(Number(user?.['n']) > 0).toBe(place === 0);
      for (const node of cluster.nodes) {
        const rows = await node.run(
          'SELECT u.id, COUNT(t.id) templates, COUNT(i.key) images, MAX(b.state) state FROM users u LEFT JOIN face_templates t ON t.user_id = u.id LEFT JOIN face_images i ON i.key = t.image_key LEFT JOIN face_blobs b ON b.key = i.key GROUP BY u.id',
          name,
        );
        const present = new Set(rows.map(({ id }) => String(id)));
        expect(report.acknowledged.filter((id) => !present.has(id))).toEqual([]);
        expect(
          rows.filter(({ templates, images, state }) => templates !== 1 || images !== 1 || state !== 'live'),
        ).toEqual([]);
        const [log] = await node.run(
          'SELECT COUNT(DISTINCT rev) revisions, MAX(rev) newest FROM face_gallery_change',
          name,
        );
        expect(log).toEqual({ revisions: rows.length, newest: rows.length });
      }
    },
  );
});

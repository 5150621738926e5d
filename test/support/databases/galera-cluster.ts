import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, mariadbMissing, MariadbServer, SERVICE_PASSWORD } from './mariadb-server.js';

const provider = ['/usr/lib/galera/libgalera_smm.so', '/usr/lib64/galera-4/libgalera_smm.so'].find((file) =>
  existsSync(file),
);

/** Why there can be no cluster on this machine; null where there can. */
export const galeraMissing =
  mariadbMissing ??
  (provider === undefined ? 'Galera is not installed (Debian: apt-get install galera-4 rsync lsof)' : null);

const JOIN_LIMIT_MS = 60_000;

/** Three private MariaDB servers that replicate synchronously, on one machine. */
export class GaleraCluster {
  private constructor(readonly nodes: readonly MariadbServer[]) {}

  static async start(): Promise<GaleraCluster> {
    const bases = [await freePort(), await freePort(), await freePort()];
    const addresses = bases.map((base) => `127.0.0.1:${base}`).join(',');
    const nodes: MariadbServer[] = [];
    for (const base of bases)
      nodes.push(
        await MariadbServer.prepare({
          settings: [
            '--wsrep-on=ON',
            `--wsrep-provider=${provider ?? ''}`,
            `--wsrep-cluster-address=gcomm://${addresses}`,
            `--wsrep-node-address=127.0.0.1:${base}`,
            `--wsrep-sst-receive-address=127.0.0.1:${await freePort()}`,
            `--wsrep-provider-options=base_port=${base};gmcast.listen_addr=tcp://127.0.0.1:${base};ist.recv_addr=127.0.0.1:${await freePort()};gcache.size=64M`,
            '--wsrep-sst-method=rsync',
            '--binlog-format=ROW',
            '--innodb-autoinc-lock-mode=2',
          ],
        }),
      );
    const cluster = new GaleraCluster(nodes);
    try {
      for (const [place, node] of nodes.entries()) {
        node.launch(place === 0 ? ['--wsrep-new-cluster'] : []);
        await cluster.synced(node);
      }
      return cluster;
    } catch (error) {
      await cluster.discard();
      throw error;
    }
  }

  /** For `DATABASE_URL`. @param preferred which node goes first. */
  url(database: string, preferred = 0): string {
    const order = [...this.nodes.slice(preferred), ...this.nodes.slice(0, preferred)];
    const hosts = order.map(({ port }) => `127.0.0.1:${port}`).join(',');
    return `mysql://service:${encodeURIComponent(SERVICE_PASSWORD)}@${hosts}/${database}`;
  }

  /** Starts a node that was killed as its system service would, and waits until it has caught up. */
  async rejoin(node: MariadbServer): Promise<void> {
    node.launch(['--wsrep-recover', '--skip-networking']);
    await node.ended();
    const position = [...node.errorLog().matchAll(/Recovered position: (\S+)/g)].at(-1)?.[1];
    node.launch(position === undefined ? [] : [`--wsrep-start-position=${position}`]);
    await this.synced(node);
  }

  async synced(node: MariadbServer): Promise<void> {
    await node.ready(JOIN_LIMIT_MS);
    const deadline = Date.now() + JOIN_LIMIT_MS;
    for (;;) {
      const [row] = await node.run("SHOW STATUS LIKE 'wsrep_local_state_comment'");
      if (row?.['Value'] === 'Synced') return;
      if (Date.now() > deadline)
        throw new Error(`The node stays ${String(row?.['Value'])}.\n${node.errorLog()}`);
      await sleep(50);
    }
  }

  async discard(): Promise<void> {
    for (const node of this.nodes) await node.discard();
  }
}

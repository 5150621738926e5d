import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createMasterKey, formatMasterKey } from '../../../src/protection/master-key.js';
import { freePort } from '../../../test/support/databases/mariadb-server.js';
import { ServiceProcess } from '../../../test/support/service/service-process.js';
import type { Build } from './build.js';

const NODES = 3;

/** The address of a node, which stays when its build changes. */
interface Seat {
  readonly port: number;
  readonly dataDir: string;
  node: ServiceProcess | undefined;
  /** Odd while the node is being replaced. */
  changes: number;
}

/** Nodes of one database and one folder of images, as docs/mysql.md describes them. */
export class Cluster {
  readonly #seats: Seat[] = [];
  readonly environment: Record<string, string>;

  private constructor(databaseUrl: string) {
    this.environment = {
      DATABASE_URL: databaseUrl,
      MASTER_KEYS: formatMasterKey(createMasterKey()),
      IDENTIFICATION: 'on',
      FREE_FAILURES_PER_CALLER: '0',
      FREE_FAILURES_PER_USER: '0',
    };
  }

  /** Starts every node of one build, all at once. */
  static async start(build: Build, databaseUrl: string, folder: string): Promise<Cluster> {
    const cluster = new Cluster(databaseUrl);
    const images = join(folder, 'images');
    await mkdir(images, { mode: 0o700 });
    for (let number = 0; number < NODES; number += 1) {
      const dataDir = join(folder, `node-${number}`);
      await mkdir(dataDir, { mode: 0o700 });
      await symlink(images, join(dataDir, 'images'));
      cluster.#seats.push({ port: await freePort(), dataDir, node: undefined, changes: 1 });
    }
    try {
      await Promise.all(cluster.#seats.map((seat) => cluster.#serve(seat, build)));
    } catch (error) {
      await cluster.end();
      throw error;
    }
    return cluster;
  }

  get size(): number {
    return this.#seats.length;
  }

  address(seat: number): string {
    return `http://127.0.0.1:${this.#at(seat).port}`;
  }

  dataDir(seat: number): string {
    return this.#at(seat).dataDir;
  }

  /** Another number each time a replacement begins or ends; odd between the two. */
  changes(seat: number): number {
    return this.#at(seat).changes;
  }

  /** What the nodes logged of a request at the level of warnings or above. */
  logged(requestId: string): string {
    const lines = this.#seats.flatMap(({ node }) => node?.output ?? []);
    return lines.filter((line) => line.includes(requestId) && /"level":[456]0/.test(line)).join('\n');
  }

  /** Ends a node and starts one of the given build in its place. @throws Error when it could not end in order. */
  async replace(seat: number, build: Build, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const changed = this.#at(seat);
    changed.changes += 1;
    const code = await changed.node?.end(signal);
    if (signal === 'SIGTERM' && code !== 0)
      throw new Error(`A node that was asked to stop ended with ${code ?? 'a signal'}.`);
    await this.#serve(changed, build);
  }

  /** @returns what a node of the build says that refuses to start, or null when it starts. */
  async refusal(build: Build, dataDir: string): Promise<string | null> {
    try {
      const node = await this.#launch(build, dataDir, 0);
      await node.end('SIGKILL');
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async end(): Promise<void> {
    await Promise.all(this.#seats.map(async ({ node }) => node?.end('SIGKILL')));
  }

  async #serve(seat: Seat, build: Build): Promise<void> {
    seat.node = await this.#launch(build, seat.dataDir, seat.port);
    seat.changes += 1;
  }

  #launch(build: Build, dataDir: string, port: number): Promise<ServiceProcess> {
    return ServiceProcess.start({
      root: build.folder,
      dataDir,
      environment: { ...this.environment, PORT: String(port) },
    });
  }

  #at(seat: number): Seat {
    const found = this.#seats[seat];
    if (found === undefined) throw new Error(`There is no node ${seat}.`);
    return found;
  }
}

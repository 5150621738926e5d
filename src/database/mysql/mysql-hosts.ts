import type { Logger } from 'pino';
import { MysqlConnection, type ConnectionOptions } from './mysql-connection.js';
import type { MysqlHost } from './mysql-options.js';

/** How long a host that failed is left alone. */
const RETRY_DELAY_MS = 1000;

interface HostState {
  readonly host: MysqlHost;
  /** Position in the configuration; 0 is preferred. */
  readonly rank: number;
  /** Null: the last attempt worked. */
  failure: { readonly reason: Error; readonly since: number } | null;
  /** A running attempt; true when it worked. */
  probe: Promise<boolean> | null;
  /** Connections of an earlier epoch are not used again. */
  epoch: number;
}

/** A connection and where it leads. */
export interface Route {
  readonly connection: MysqlConnection;
  readonly host: HostState;
  readonly epoch: number;
}

/**
 * Chooses among the nodes of one cluster: always the first in the list that works, so that all nodes of the service
 * write to the same one and do not run into certification conflicts. A node that failed is tried again beside the
 * requests, and preferred again when it answers.
 */
export class MysqlHosts {
  readonly #hosts: readonly HostState[];

  constructor(
    private readonly options: ConnectionOptions,
    private readonly logger: Pick<Logger, 'warn' | 'info'>,
  ) {
    this.#hosts = options.hosts.map((host, rank) => ({ host, rank, failure: null, probe: null, epoch: 0 }));
  }

  /** @throws MysqlError of the preferred host when none works. */
  async connect(): Promise<Route> {
    this.#probeFailed();
    for (const host of this.#hosts) {
      if (host.failure) continue;
      const route = await this.#tryHost(host);
      if (route) return route;
    }
    await Promise.any(this.#hosts.map(({ probe }) => succeeded(probe))).catch(() => undefined);
    const recovered = this.#hosts.find((host) => !host.failure);
    const route = recovered && (await this.#tryHost(recovered));
    if (route) return route;
    throw this.#hosts[0]?.failure?.reason ?? new Error('No database host is configured.');
  }

  /** False when the connection was lost, or a better host works again. */
  isCurrent({ connection, host, epoch }: Route): boolean {
    this.#probeFailed();
    const best = this.#hosts.find(({ failure }) => failure === null);
    return connection.usable && host.epoch === epoch && (best === undefined || best === host);
  }

  /** Called when a connection was lost in use: connections to the same host may be dead too. */
  suspect({ host }: Route): void {
    host.epoch += 1;
    void this.#probe(host);
  }

  async #tryHost(host: HostState): Promise<Route | null> {
    try {
      const { epoch } = host;
      return { connection: await MysqlConnection.open(host.host, this.options), host, epoch };
    } catch (error) {
      this.#fail(host, error);
      return null;
    }
  }

  #probeFailed(): void {
    for (const host of this.#hosts)
      if (host.failure && Date.now() - host.failure.since >= RETRY_DELAY_MS) void this.#probe(host);
  }

  #probe(host: HostState): Promise<boolean> {
    host.probe ??= MysqlConnection.open(host.host, this.options)
      .then(
        (connection) => {
          connection.destroy();
          if (host.failure) this.logger.info({ database: nameOf(host) }, 'the database host works again');
          host.failure = null;
          return true;
        },
        (error: unknown) => {
          this.#fail(host, error);
          return false;
        },
      )
      .finally(() => {
        host.probe = null;
      });
    return host.probe;
  }

  #fail(host: HostState, error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    if (!host.failure)
      this.logger.warn({ database: nameOf(host), err: reason }, 'the database host does not work');
    host.failure = { reason, since: Date.now() };
  }
}

async function succeeded(probe: Promise<boolean> | null): Promise<void> {
  if (!(await probe)) throw new Error('The host does not work.');
}

function nameOf({ host: { host, port } }: HostState): string {
  return `${host}:${port}`;
}

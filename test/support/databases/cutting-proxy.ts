import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** When the connection is cut: before the server gets the statement, or after it has answered. */
export type Cut = 'before' | 'after';

/** Stands between a client and a database server, and cuts connections at the statements it is told. */
export class CuttingProxy {
  /** Cuts made so far. */
  cuts = 0;
  /** Packets that clients sent so far. */
  packets = 0;
  /** While true, nothing passes in either direction and nothing is closed. */
  frozen = false;
  readonly #sockets = new Set<Socket>();
  #down = false;
  #next: { statement: string; cut: Cut } | null = null;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(targetPort: number): Promise<CuttingProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('No port was free.');
    const proxy = new CuttingProxy(server, address.port);
    server.on('connection', (client) => {
      proxy.#join(client, connect(targetPort, '127.0.0.1'));
    });
    return proxy;
  }

  /** Cuts the connection on which the next statement with this text is sent. */
  cutAt(statement: string, cut: Cut): void {
    this.#next = { statement, cut };
  }

  /** Cuts every connection and takes no more, as a server that is down. */
  refuse(): void {
    this.#down = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  accept(): void {
    this.#down = false;
  }

  async stop(): Promise<void> {
    this.refuse();
    this.server.close();
    await once(this.server, 'close');
  }

  #join(client: Socket, target: Socket): void {
    if (this.#down) {
      client.destroy();
      target.destroy();
      return;
    }
    let cutAtAnswer = false;
    const cut = () => {
      this.cuts += 1;
      client.destroy();
      target.destroy();
    };
    for (const socket of [client, target]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (this.frozen) return;
      this.packets += 1;
      if (this.#next && bytes.includes(this.#next.statement)) {
        cutAtAnswer = this.#next.cut === 'after';
        this.#next = null;
        if (!cutAtAnswer) {
          cut();
          return;
        }
      }
      target.write(bytes);
    });
    target.on('data', (bytes) => {
      if (this.frozen) return;
      if (cutAtAnswer) cut();
      else client.write(bytes);
    });
  }
}

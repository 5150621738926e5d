import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands before the text of a statement: https://mariadb.com/kb/en/com_query/. */
const COM_QUERY = '\u0003';

/** When the connection is cut: before the server gets the statement, or after it has answered. */
export type Cut = 'before' | 'after';

/** Stands between a client and a database server, and cuts connections at the statements it is told. */
export class CuttingProxy {
  /** Cuts made so far. */
  cuts = 0;
  /** Packets that clients sent so far. */
  packets = 0;
  /** Called with everything that clients send. */
  onPacket: (bytes: Buffer) => void = () => undefined;
  /** While true, nothing passes in either direction and nothing is closed. */
  frozen = false;
  readonly #sockets = new Set<Socket>();
  #down = false;
  #next: { statement: string; cut: Cut; meanwhile: () => Promise<void> } | null = null;
  #held: Promise<void> = Promise.resolve();

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
      client.on('error', () => undefined);
      void proxy.#held.then(() => {
        proxy.#join(client, connect(targetPort, '127.0.0.1'));
      });
    });
    return proxy;
  }

  /**
   * Cuts the connection on which the next statement that begins with this text is sent.
   * @param meanwhile what happens before the client gets another connection; default: nothing.
   */
  cutAt(statement: string, cut: Cut, meanwhile: () => Promise<void> = () => Promise.resolve()): void {
    this.#next = { statement, cut, meanwhile };
  }

  /** Takes back a cut that has not been made. */
  cutNothing(): void {
    this.#next = null;
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
    let cutAtAnswer: (() => Promise<void>) | null = null;
    const cut = (meanwhile: () => Promise<void>) => {
      this.#held = meanwhile();
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
      this.onPacket(bytes);
      if (this.#next && bytes.includes(`${COM_QUERY}${this.#next.statement}`)) {
        const { cut: when, meanwhile } = this.#next;
        this.#next = null;
        if (when === 'before') {
          cut(meanwhile);
          return;
        }
        cutAtAnswer = meanwhile;
      }
      target.write(bytes);
    });
    target.on('data', (bytes) => {
      if (this.frozen) return;
      if (cutAtAnswer) cut(cutAtAnswer);
      else client.write(bytes);
    });
  }
}

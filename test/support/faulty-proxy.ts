import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What happens to one request: refused before it is passed on (`error`, `reset`, `silence`), carried out but
 * answered wrongly (`error after`, `reset after`, `silence after`), or kept back (`late`) until
 * {@link FaultyProxy.releaseLate}.
 */
export type Fault = 'error' | 'reset' | 'silence' | 'error after' | 'reset after' | 'silence after' | 'late';

/** Chooses a fault by method and path; undefined passes the request on. */
export type FaultPlan = (method: string, path: string) => Fault | undefined;

export interface FaultyProxy {
  /** For example `http://127.0.0.1:41234`. */
  readonly address: string;
  plan: FaultPlan;
  /** Every request so far, for example `PUT /bucket/key`. */
  readonly requests: string[];
  /** Passes on the requests kept back, whose senders have long given up. @returns how many there were. */
  releaseLate(): Promise<number>;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Stands between an HTTP client and a server on this machine, and breaks what it is told to. */
export async function startFaultyProxy(targetPort: number): Promise<FaultyProxy> {
  const late: (() => Promise<Answer>)[] = [];
  const proxy = createServer((incoming, outgoing) => {
    const { method = '', url = '' } = incoming;
    handle(incoming, outgoing, state.plan(method, url.split('?')[0] ?? '')).catch(() => {
      outgoing.destroy();
    });
  });

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault | undefined) {
    state.requests.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
    const body = await readAll(incoming);
    const forward = () => pass(incoming, body, targetPort);
    switch (fault) {
      case undefined:
        send(outgoing, await forward());
        return;
      case 'error after':
        await forward();
        send(outgoing, internalError);
        return;
      case 'error':
        send(outgoing, internalError);
        return;
      case 'reset after':
        await forward();
        outgoing.destroy();
        return;
      case 'reset':
        outgoing.destroy();
        return;
      case 'silence after':
        await forward();
        return;
      case 'silence':
        return;
      case 'late':
        late.push(forward);
        return;
    }
  }

  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const state: FaultyProxy = {
    address: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    plan: () => undefined,
    requests: [],
    async releaseLate() {
      const answers = await Promise.all(late.splice(0).map((forward) => forward()));
      return answers.filter(({ status }) => status < 300).length;
    },
    async close() {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
  return state;
}

const internalError: Answer = {
  status: 500,
  headers: { 'content-type': 'application/xml' },
  body: Buffer.from(
    '<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>',
  ),
};

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function send(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  outgoing.writeHead(status, headers).end(body);
}

async function pass({ method, url, headers }: IncomingMessage, body: Buffer, port: number): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const forwarded = request({ host: '127.0.0.1', port, method, path: url, headers, agent: false });
    forwarded.once('response', resolve).once('error', reject).end(body);
  });
  const received = await readAll(response);
  const answered = { ...response.headers };
  delete answered['transfer-encoding'];
  return { status: response.statusCode ?? 502, headers: answered, body: received };
}

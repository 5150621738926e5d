import { connect } from 'node:net';

/** A multipart/form-data body of the given parts; a part with a file name is a file. */
export interface Part {
  readonly name: string;
  readonly value: string | Buffer;
  readonly filename?: string;
  readonly type?: string;
}

export const BOUNDARY = 'a-boundary-that-occurs-nowhere-else';

export function multipartBody(parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap(({ name, value, filename, type }) => [
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"`,
    filename === undefined ? '' : `; filename="${filename}"`,
    type === undefined ? '' : `\r\nContent-Type: ${type}`,
    '\r\n\r\n',
    value,
    '\r\n',
  ]);
  return Buffer.concat([...pieces, `--${BOUNDARY}--\r\n`].map((piece) => Buffer.from(piece)));
}

export const multipartType = `multipart/form-data; boundary=${BOUNDARY}`;

/** What a server sent on one connection, as it was on the wire. */
export interface RawAnswer {
  readonly text: string;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends bytes as they are and reads until the server closes the connection. */
export async function sendRaw(port: number, ...chunks: readonly (string | Buffer)[]): Promise<RawAnswer> {
  const received: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      for (const chunk of chunks) socket.write(chunk);
    });
    socket.on('data', (data) => received.push(data));
    socket.once('close', () => {
      resolve();
    });
    socket.once('error', reject);
  });
  return parseRaw(Buffer.concat(received).toString('utf8'));
}

export function parseRaw(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { text, status: Number(statusLine.split(' ')[1]), headers, body: rest.join('\r\n\r\n') };
}

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  /** Several values of a header are sent one by one. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

/** One request on a connection of its own, so that the exact bytes of the answer can be compared. */
export async function request(
  port: number,
  { method, path, headers = {}, body }: RawRequest,
): Promise<RawAnswer> {
  const lines = Object.entries({
    Host: `127.0.0.1:${port}`,
    Connection: 'close',
    ...(body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) }),
    ...headers,
  }).flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}\r\n`));
  return sendRaw(port, `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, body ?? '');
}

/** The usual form: an id and a picture. */
export function userForm(id: string, picture: string | Buffer): Pick<RawRequest, 'headers' | 'body'> {
  return {
    headers: { 'Content-Type': multipartType },
    body: multipartBody([
      { name: 'id', value: id },
      { name: 'image', value: picture, filename: 'face.jpg', type: 'image/jpeg' },
    ]),
  };
}

import { multipartBody, multipartType } from './http.js';

export interface GraphqlAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly string[];
    readonly extensions: Readonly<Record<string, unknown>>;
  }[];
}

export const REGISTER_USER =
  'mutation ($id: ID!, $image: Upload!) { registerUser(id: $id, image: $image) { message user { id timestamp } } }';

export const VERIFY_USER =
  'mutation ($id: ID!, $image: Upload!) { verifyUser(id: $id, image: $image) { message recognition verified similarity } }';

async function read(response: Response): Promise<GraphqlAnswer> {
  const body = (await response.json()) as Pick<GraphqlAnswer, 'data' | 'errors'>;
  return { status: response.status, headers: response.headers, ...body };
}

/** One operation without files. */
export async function query(
  url: string,
  document: string,
  variables: Record<string, unknown> = {},
): Promise<GraphqlAnswer> {
  return read(
    await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: document, variables }),
    }),
  );
}

/** Multipart body of one operation with one file as `image`, per the GraphQL multipart request specification. */
export function uploadBody(document: string, id: string, picture: string | Buffer): Buffer {
  return multipartBody([
    { name: 'operations', value: JSON.stringify({ query: document, variables: { id, image: null } }) },
    { name: 'map', value: '{"0":["variables.image"]}' },
    { name: '0', value: picture, filename: 'face.jpg', type: 'image/jpeg' },
  ]);
}

/** Sends a multipart body as it is. */
export async function postMultipart(
  url: string,
  body: Buffer,
  headers: Record<string, string> = { 'Apollo-Require-Preflight': 'true' },
): Promise<GraphqlAnswer> {
  return read(
    await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': multipartType, ...headers },
      body: new Uint8Array(body),
    }),
  );
}

/** One operation with one file. */
export async function upload(
  url: string,
  document: string,
  id: string,
  picture: string | Buffer,
): Promise<GraphqlAnswer> {
  return postMultipart(url, uploadBody(document, id, picture));
}

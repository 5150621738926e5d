import type { PreparedRequest } from './closed-loop.js';

const BOUNDARY = 'benchmark-boundary';

interface Part {
  readonly name: string;
  readonly value: string | Buffer;
}

function multipart(parts: readonly Part[]): Buffer {
  const pieces = parts.flatMap(({ name, value }) => {
    const fileName =
      typeof value === 'string' ? '' : '; filename="face"\r\nContent-Type: application/octet-stream';
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${fileName}\r\n\r\n`;
    return [Buffer.from(head), Buffer.from(value), Buffer.from('\r\n')];
  });
  return Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

const contentType = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };

/** The documented REST form. */
export function restVerification(id: string, image: Buffer): PreparedRequest {
  return {
    path: '/verify/',
    headers: contentType,
    body: multipart([
      { name: 'id', value: id },
      { name: 'image', value: image },
    ]),
    isRight: (answer) => answer.includes('"verified":true'),
  };
}

/** See https://github.com/jaydenseric/graphql-multipart-request-spec. */
export function graphqlVerification(id: string, image: Buffer): PreparedRequest {
  const query =
    'mutation ($id: ID!, $image: Upload!) { verifyUser(id: $id, image: $image) { recognition verified similarity } }';
  return {
    path: '/graphql',
    headers: { ...contentType, 'apollo-require-preflight': 'true' },
    body: multipart([
      { name: 'operations', value: JSON.stringify({ query, variables: { id, image: null } }) },
      { name: 'map', value: JSON.stringify({ 0: ['variables.image'] }) },
      { name: '0', value: image },
    ]),
    isRight: (answer) => answer.includes('"verified":true'),
  };
}

import { GraphQLError, GraphQLScalarType } from 'graphql';
import { Upload } from 'graphql-upload-ts';
import type { FileUpload } from 'graphql-upload-ts';

/** Description of every argument that takes a picture. */
export const IMAGE_DESCRIPTION = 'JPEG, PNG, WebP or AVIF picture of one face.';

/** What a client reads that sent something else in place of a file. */
export const FILE_EXPECTED = 'Send the file as a part of a multipart request.';

/** A picture of a request: on its way in as a multipart part, or already received by the REST adapter. */
export type ImageUpload = { readonly kind: 'streamed'; readonly file: Promise<FileUpload> } | ReceivedImage;

/** A picture already in memory, handed to the `Upload` scalar by the REST adapter. */
export class ReceivedImage {
  readonly kind = 'received';
  constructor(readonly bytes: Uint8Array) {}
}

/** The `Upload` scalar of the GraphQL multipart request specification. */
export const uploadScalar = new GraphQLScalarType<ImageUpload, never>({
  name: 'Upload',
  description:
    'A file, sent as a variable of a multipart request: https://github.com/jaydenseric/graphql-multipart-request-spec',
  parseValue(value): ImageUpload {
    if (value instanceof ReceivedImage) return value;
    if (value instanceof Upload) return { kind: 'streamed', file: value.promise };
    throw new GraphQLError(FILE_EXPECTED);
  },
  parseLiteral(node): never {
    throw new GraphQLError('A file can only be a variable, not a literal.', { nodes: node });
  },
  serialize(): never {
    throw new GraphQLError('A file is only ever an input.');
  },
});

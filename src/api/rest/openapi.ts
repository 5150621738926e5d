import { requiredScopes, type Operation } from '../../access/required-scopes.js';
import type { ErrorCode } from '../../errors.js';
import { messages } from '../messages.js';
import { failures, noContent, responseComponents, success } from './openapi-responses.js';

const unexpected: readonly ErrorCode[] = ['RATE_LIMITED', 'OVERLOADED', 'UNAVAILABLE', 'INTERNAL'];

const access: readonly ErrorCode[] = ['UNAUTHENTICATED', 'FORBIDDEN'];

/** Either header will do; the scopes are those the key must have. */
function keyFor(operation: Operation) {
  const scopes = requiredScopes[operation];
  return { security: [{ bearerKey: scopes }, { headerKey: scopes }] };
}

const repetition: readonly ErrorCode[] = ['BAD_IDEMPOTENCY_KEY', 'IDEMPOTENCY_MISMATCH'];

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'A random text of your own, a UUID for example. The same request with the same key gets the first answer again for 24 hours, also after a 503 whose work had been done.',
  schema: { type: 'string', minLength: 8, maxLength: 255, pattern: '^[!-~]+$' },
};

const imageFailures: readonly ErrorCode[] = [
  'BAD_REQUEST',
  'BAD_ID',
  'IMAGE_COUNT',
  'IMAGE_TOO_LARGE',
  'IMAGE_UNSUPPORTED',
  'IMAGE_UNREADABLE',
  'NO_FACE',
  'SEVERAL_FACES',
  'FACE_TOO_SMALL',
  'FACE_TOO_BLURRED',
  'LIVENESS_FAILED',
];

/** A picture that is kept has to be better than one that is only compared. */
const portraitFailures: readonly ErrorCode[] = [
  ...imageFailures,
  'FACE_TURNED_AWAY',
  'FACE_TOO_DARK',
  'FACE_TOO_BRIGHT',
];

const id = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  description: "The user's id, without control characters; compared exactly.",
};

const message = (text: string) => ({ const: text });

const imageForm = {
  required: true,
  content: {
    'multipart/form-data': {
      schema: {
        type: 'object',
        properties: {
          id,
          image: {
            type: 'string',
            contentMediaType: 'application/octet-stream',
            description: 'Picture of one face.',
          },
        },
        required: ['id', 'image'],
      },
      encoding: { image: { contentType: 'image/jpeg, image/png, image/webp, image/avif' } },
    },
  },
};

const idSchema = { schema: { type: 'object', properties: { id }, required: ['id'] } };

const idForm = {
  required: true,
  content: {
    'multipart/form-data': idSchema,
    'application/x-www-form-urlencoded': idSchema,
    'application/json': idSchema,
  },
};

/** The REST contract as an OpenAPI 3.1 document, served at /openapi.json and kept in schema/openapi.json. */
export const openApiDocument = {
  openapi: '3.1.0',
  info: {
    title: 'Facial Verification Backend',
    version: '1.0.0',
    description:
      'Registers people by a picture of their face and verifies whether another picture shows the same person. ' +
      'Every path also works without its last slash. Any other method gets 405 with `Allow`, any other path 404, ' +
      'in the shape of the other failures. A key is needed unless the service runs without any.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/' }],
  paths: {
    '/register/': {
      post: {
        operationId: 'registerUser',
        ...keyFor('registerUser'),
        summary: 'Register a user',
        parameters: [idempotencyKey],
        requestBody: imageForm,
        responses: {
          '201': success('The user was registered', { message: message(messages.registered) }),
          ...failures({
            codes: [...portraitFailures, 'USER_EXISTS', ...repetition, ...access, ...unexpected],
            incomplete: messages.registerIncomplete,
          }),
        },
      },
      get: {
        operationId: 'listUsers',
        ...keyFor('users'),
        summary: 'List every registered user, by id',
        description:
          'The list is streamed. When it cannot be completed the connection is cut, and the last chunk is missing.',
        responses: {
          '200': success('Every user', {
            message: message(messages.listed),
            data: {
              type: 'array',
              items: {
                type: 'object',
                properties: {
                  id,
                  timestamp: {
                    type: 'string',
                    pattern: String.raw`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$`,
                    description: 'Time of registration in UTC, without zone or fraction.',
                    examples: ['2023-07-23T12:34:56'],
                  },
                },
                required: ['id', 'timestamp'],
                additionalProperties: false,
              },
            },
          }),
          ...failures({ codes: [...access, ...unexpected] }),
        },
      },
      delete: {
        operationId: 'deleteUser',
        ...keyFor('deleteUser'),
        summary: 'Delete a user with everything stored about them',
        parameters: [
          idempotencyKey,
          {
            name: 'Prefer',
            in: 'header',
            description: '`return=representation` asks for a body (RFC 7240).',
            schema: { type: 'string' },
          },
        ],
        requestBody: idForm,
        responses: {
          '200': success(
            'The user was deleted; answer to `Prefer: return=representation`',
            {
              message: message(messages.deleted),
              files_deleted: { type: 'array', items: { type: 'string' } },
            },
            { 'Preference-Applied': { $ref: '#/components/headers/PreferenceApplied' } },
          ),
          '204': noContent('The user was deleted'),
          ...failures({
            codes: [
              'BAD_REQUEST',
              'BAD_ID',
              'USER_NOT_FOUND',
              'REQUEST_TOO_LARGE',
              'DELETION_UNFINISHED',
              ...repetition,
              ...access,
              ...unexpected,
            ],
            incomplete: messages.deleteIncomplete,
          }),
        },
      },
    },
    '/verify/': {
      post: {
        operationId: 'verifyUser',
        ...keyFor('verifyUser'),
        summary: 'Verify that a picture shows a user',
        parameters: [idempotencyKey],
        requestBody: imageForm,
        responses: {
          '200': success('The picture was compared', {
            message: message(messages.verified),
            recognition: {
              type: ['string', 'null'],
              description:
                'Id of the registered person the picture resembles most, or null when it resembles nobody enough.',
            },
            verified: {
              type: 'boolean',
              description:
                'True when the picture shows the claimed person and resembles nobody else clearly more.',
            },
          }),
          ...failures({
            codes: [
              ...imageFailures,
              'INVALID_USER',
              'NOT_ENROLLED',
              'TOO_MANY_ATTEMPTS',
              ...repetition,
              ...access,
              ...unexpected,
            ],
            incomplete: messages.verifyIncomplete,
            verify: true,
          }),
        },
      },
    },
  },
  components: responseComponents,
};

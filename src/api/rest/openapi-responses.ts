import { errorCatalogue } from '../../errors.js';
import type { ErrorCode } from '../../errors.js';
import { USUAL_RETRY_AFTER_SECONDS } from '../retry-after.js';

const requestId = { $ref: '#/components/headers/RequestId' };
const authenticate = { $ref: '#/components/headers/Authenticate' };
const retryAfter = { $ref: '#/components/headers/RetryAfter' };

/** Components that operations and their answers refer to. */
export const responseComponents = {
  securitySchemes: {
    bearerKey: { type: 'http', scheme: 'bearer', description: 'An API key: `Authorization: Bearer <key>`.' },
    headerKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key.' },
  },
  headers: {
    RequestId: {
      description:
        'Id of the request, as it stands in the log; taken over from the request when it is a plain token.',
      schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{8,64}$' },
    },
    Authenticate: {
      description: 'How to send a key (RFC 9110, 11.6.1).',
      schema: { const: 'Bearer' },
    },
    RetryAfter: {
      description: 'Seconds after which the same request can succeed.',
      schema: { type: 'string', examples: [String(USUAL_RETRY_AFTER_SECONDS)] },
    },
    PreferenceApplied: {
      description: 'The preference that was followed (RFC 7240).',
      schema: { const: 'return=representation' },
    },
  },
  schemas: {
    Failure: {
      type: 'object',
      properties: { error: { type: 'string', description: 'What was wrong and what to do.' } },
      required: ['error'],
      additionalProperties: false,
    },
    VerifyFailure: {
      type: 'object',
      properties: {
        error: { type: 'string', description: 'What was wrong and what to do.' },
        verified: { const: false },
      },
      required: ['error', 'verified'],
      additionalProperties: false,
    },
  },
} as const;

const json = (schema: object, examples?: object) => ({
  'application/json': { schema, ...(examples && { examples }) },
});

/** A successful answer with a body of exactly these properties, in this order. */
export function success(
  description: string,
  properties: Readonly<Record<string, object>>,
  headers: object = {},
) {
  return {
    description,
    headers: { 'X-Request-Id': requestId, ...headers },
    content: json({
      type: 'object',
      properties,
      required: Object.keys(properties),
      additionalProperties: false,
    }),
  };
}

export function noContent(description: string) {
  return { description, headers: { 'X-Request-Id': requestId } };
}

export interface FailureOptions {
  /** Codes of the catalogue that the operation can end with. */
  readonly codes: readonly ErrorCode[];
  /** The documented sentence for an incomplete form, which is a BAD_REQUEST. */
  readonly incomplete?: string;
  /** Whether bodies also have `verified: false`. */
  readonly verify?: boolean;
}

/** The failed answers of an operation by status, each with an example for every code. */
export function failures({ codes, incomplete, verify = false }: FailureOptions): Record<string, object> {
  const body = (error: string) => (verify ? { error, verified: false } : { error });
  const statuses = [...new Set(codes.map((code) => errorCatalogue[code].status))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => {
      const group = codes.filter((code) => errorCatalogue[code].status === status);
      const examples: Record<string, { value: object }> = {};
      if (status === 400 && incomplete !== undefined) examples['INCOMPLETE'] = { value: body(incomplete) };
      for (const code of group) examples[code] = { value: body(errorCatalogue[code].message) };
      const retryable = group.some((code) => errorCatalogue[code].retryable);
      return [
        String(status),
        {
          description: group.map((code) => errorCatalogue[code].message).join('. '),
          headers: {
            'X-Request-Id': requestId,
            ...(retryable && { 'Retry-After': retryAfter }),
            ...(status === 401 && { 'WWW-Authenticate': authenticate }),
          },
          content: json({ $ref: `#/components/schemas/${verify ? 'VerifyFailure' : 'Failure'}` }, examples),
        },
      ];
    }),
  );
}

import { z } from 'zod';
import { DEFAULT_EMBEDDER, matchFmrs } from '../models/catalogue.js';
import { parseEnvironmentKeys } from '../access/environment-keys.js';
import { parseDatabaseUrl } from '../database/mysql/database-url.js';
import { DEFAULT_SIMILARITY_STEP } from '../users/decision/similarity-scale.js';
import { parseMasterKeys } from '../protection/master-key.js';
import { holderSchema } from './holder-schema.js';
import { secretFile } from './secret-file-schema.js';

const integer = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

// No part of the prefix starts with a dot: `..` is not the same to every client and proxy.
export const S3_ADDRESS = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:\/[\w-][\w.-]*)*)\/?$/;

/** Refuses 1.7 % of the faces of lfw-dev; see docs/liveness.md. */
export const USUAL_LIVENESS = 0.6;

/** Every environment variable the service reads; the README's table is generated from it. */
export const environmentSchema = z.object({
  NODE_ENV: z
    .enum(['production', 'development', 'test'])
    .default('development')
    .describe('`production` turns off introspection, the Sandbox page and its CORS origin'),
  HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on; loopback only unless set'),
  PORT: integer(4000, 0, 65_535).describe('TCP port; 0 picks a free one'),
  API_KEYS: z
    .string()
    .optional()
    .transform((text, context) => {
      try {
        return text === undefined ? [] : parseEnvironmentKeys(text);
      } catch (error) {
        context.issues.push({ code: 'custom', message: (error as Error).message, input: '' });
        return z.NEVER;
      }
    })
    .describe(
      'Keys besides those of the database, `name:scope+scope:sha256` separated by commas; see docs/access.md',
    ),
  API_KEYS_FILE: secretFile('API_KEYS'),
  DANGEROUSLY_SERVE_WITHOUT_KEYS: z
    .enum(['no', 'yes'])
    .default('no')
    .describe(
      '`yes` lets the service listen beyond loopback, and answer under any name, while there is no API key: everybody may do everything',
    ),
  METRICS_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe(
      'Address that serves the metrics; they say nothing of persons, but anybody there can read them',
    ),
  METRICS_PORT: z
    .string()
    .regex(/^(off|\d{1,5})$/, 'must be "off" or a port')
    .refine((text) => text === 'off' || Number(text) <= 65_535, 'must be at most 65535')
    .optional()
    .describe(
      'TCP port of `/metrics` for Prometheus; 0 picks a free one, `off` serves none; unset: 9464, or none with a warning when that is taken',
    ),
  DATA_DIR: z.string().min(1).default('./data').describe('Folder of the embedded database and of the images'),
  IMAGE_STORE: z
    .string()
    .regex(S3_ADDRESS, 'must look like s3://bucket/prefix')
    .optional()
    .describe('Where image files are kept: `s3://bucket/prefix`; unset: `images` below `DATA_DIR`'),
  AWS_ENDPOINT_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'Address of an S3-compatible store other than AWS; credentials come from the usual `AWS_…` variables',
    ),
  AWS_ENDPOINT_URL_S3: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The same for S3 alone; takes precedence over `AWS_ENDPOINT_URL`'),
  AWS_REGION: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Region of the bucket; unset: that of the AWS profile, `us-east-1` with an endpoint of your own',
    ),
  AWS_SECRET_ACCESS_KEY_FILE: secretFile('AWS_SECRET_ACCESS_KEY'),
  DATABASE_URL: z
    .string()
    .optional()
    .transform((text, context) => {
      try {
        return text === undefined ? undefined : parseDatabaseUrl(text);
      } catch (error) {
        context.issues.push({ code: 'custom', message: (error as Error).message, input: '' });
        return z.NEVER;
      }
    })
    .describe(
      'MySQL or MariaDB, `mysql://user:password@host:3306/libraryregistration`; several nodes of one cluster separated by commas, the preferred one first; unset: the embedded database',
    ),
  DATABASE_URL_FILE: secretFile('DATABASE_URL'),
  DATABASE_POOL_SIZE: integer(10, 2, 1000).describe('Most connections to the database server at a time'),
  DATABASE_CONNECT_TIMEOUT_MS: integer(3000, 100, 60_000).describe(
    'How long a database host may take to accept a connection, in milliseconds',
  ),
  DATABASE_TIMEOUT_MS: integer(10_000, 100, 600_000).describe(
    'How long a database statement may take, in milliseconds; then the request is answered 503',
  ),
  DATABASE_TLS: z
    .enum(['off', 'verify', 'unverified'])
    .default('off')
    .describe(
      "`verify` encrypts and checks the server's certificate and name; `unverified` encrypts to any server that answers",
    ),
  DATABASE_TLS_CA: z
    .string()
    .optional()
    .describe("PEM file of the authority that signed the server's certificate; unset: those of Node"),
  DATABASE_TLS_CERT: z
    .string()
    .optional()
    .describe('PEM file of the client certificate, with `DATABASE_TLS_KEY`'),
  DATABASE_TLS_KEY: z.string().optional().describe('PEM file of the key of the client certificate'),
  MASTER_KEYS: z
    .string()
    .optional()
    .transform((text, context) => {
      try {
        return text === undefined ? undefined : parseMasterKeys(text);
      } catch (error) {
        context.issues.push({ code: 'custom', message: (error as Error).message, input: '' });
        return z.NEVER;
      }
    })
    .describe(
      'Keys that protect templates and pictures, `id:base64` or as wrapped by `MASTER_KEY_HOLDER`, separated by commas, the one for what is new first; unset: those of `MASTER_KEY_FILE`',
    ),
  MASTER_KEYS_FILE: secretFile('MASTER_KEYS'),
  MASTER_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File of the master keys, one a line; unset: `master.key` in `DATA_DIR`, made at the first start',
    ),
  ...holderSchema,
  FACE_DETECTOR: z
    .enum(['blazeface-back', 'yunet'])
    .default('blazeface-back')
    .describe('Model that finds faces; `yunet` has to be added first, see docs/models.md'),
  FACE_EMBEDDER: z
    .string()
    .min(1)
    .default(DEFAULT_EMBEDDER)
    .describe(
      'Model that makes templates: `dlib-faceres-v2`, an older one (`dlib-faceres-v1`, `dlib-resnet-v1`: slower, less accurate), one that was added (`sface`, `auraface`), or the `.json` file that describes your own; see docs/models.md',
    ),
  FACE_WORKERS: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe('Threads that decode pictures and run the face models; unset: one for each core, 8 at most'),
  FACE_QUEUE: integer(64, 0, 10_000).describe(
    'Pictures that may wait for a worker; more are answered 503 at once',
  ),
  MATCH_FMR: z
    .enum(matchFmrs)
    .default('1e-3')
    .describe("False match rate of one comparison; picks the model's measured threshold"),
  MATCH_THRESHOLD: z.coerce
    .number()
    .min(-1)
    .max(1)
    .optional()
    .describe('Cosine threshold; overrides `MATCH_FMR`'),
  SIMILARITY_STEP: z.coerce
    .number()
    .min(0.001)
    .max(0.25)
    .default(DEFAULT_SIMILARITY_STEP)
    .describe(
      'Rounding step of the reported `similarity`, 0.001 to 0.25; small steps let an attacker approach a face picture by picture',
    ),
  IDENTIFICATION: z
    .enum(['off', 'on'])
    .default('off')
    .describe(
      '`on` lets clients ask whom of everybody a face resembles (`identifyFace`), which privacy law often restricts',
    ),
  LIVENESS: z
    .enum(['off', 'verify', 'register-and-verify'])
    .default('off')
    .describe(
      'Where pictures must seem to show a live face; stops little, see docs/liveness.md before you turn it on',
    ),
  LIVENESS_THRESHOLD: z.coerce
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(`Least liveness, 0 to 1, where \`LIVENESS\` asks for it; unset: ${USUAL_LIVENESS}`),
  MAX_IMAGE_BYTES: integer(10_485_760, 1024, 104_857_600).describe('Largest image file accepted, in bytes'),
  MAX_IMAGE_PIXELS: integer(50_000_000, 10_000, 268_402_689).describe(
    'Largest width × height accepted, read from the header before decoding',
  ),
  IMAGE_RETENTION: z
    .string()
    .regex(/^(?:keep|none|[1-9]\d{0,4}d)$/, 'must be keep, none, or a number of days such as 30d')
    .default('keep')
    .describe(
      'How long enrolled pictures are kept: `keep`, `none`, or days (`30d`); without them templates cannot be recomputed after a change of model',
    ),
  AUDIT_RETENTION_DAYS: integer(365, 0, 36_500).describe(
    'How long entries of the audit log are kept, in days; 0 keeps them for good',
  ),
  ADDRESS_REQUESTS_PER_MINUTE: integer(12_000, 0, 1_000_000).describe(
    'Requests that one address (IPv6: one /64 network) may make in a minute; more are answered 429; 0: no limit',
  ),
  KEY_REQUESTS_PER_MINUTE: integer(12_000, 0, 1_000_000).describe(
    'Requests that one API key may make in a minute, wherever from; 0: no limit',
  ),
  FAILED_KEYS_PER_MINUTE: integer(30, 0, 1_000_000).describe(
    'Requests without a valid key that are answered 401 in a minute, for one address; more are answered 429; 0: no limit',
  ),
  FREE_FAILURES_PER_CALLER: integer(5, 0, 1_000).describe(
    'Failed verifications of one id after which the same key or address must wait 1, 2, 4 … 300 seconds; 0: no limit',
  ),
  FREE_FAILURES_PER_USER: integer(50, 0, 100_000).describe(
    'The same for all callers together, who must wait then; 0: no limit',
  ),
  CORS_ORIGINS: z
    .string()
    .default('')
    .transform((list) =>
      list
        .split(',')
        .map((origin) => origin.trim())
        .filter((origin) => origin !== ''),
    )
    .pipe(z.array(z.url()))
    .describe('Origins that browsers may call from, separated by commas; default: none'),
  TRUST_PROXY: integer(0, 0, 16).describe('Number of reverse proxies whose `X-Forwarded-For` is believed'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least severe level that is logged'),
});

export type Environment = z.infer<typeof environmentSchema>;

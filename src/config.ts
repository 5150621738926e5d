import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { defaultEmbedder, matchFmrs } from './models/catalogue.js';
import { parseEnvironmentKeys, type EnvironmentKey } from './access/environment-keys.js';
import { parseDatabaseUrl } from './database/mysql/database-url.js';
import type { MysqlSettings } from './database/mysql/mysql-options.js';
import { defaultSimilarityStep } from './users/similarity-scale.js';
import { parseMasterKeys, type MasterKey } from './protection/master-key.js';

const integer = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

// No part of the prefix starts with a dot: `..` is not the same to every client and proxy.
const s3Address = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:\/[\w-][\w.-]*)*)\/?$/;

/** Refuses 1.7 % of the faces of lfw-dev; see docs/liveness.md. */
const usualLiveness = 0.6;

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
    .regex(s3Address, 'must look like s3://bucket/prefix')
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
      'Keys that protect templates and pictures, `id:base64` separated by commas, the one for what is new first; unset: those of `MASTER_KEY_FILE`',
    ),
  MASTER_KEY_FILE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File of the master keys, one a line; unset: `master.key` in `DATA_DIR`, made at the first start',
    ),
  FACE_DETECTOR: z
    .enum(['blazeface-back', 'yunet'])
    .default('blazeface-back')
    .describe('Model that finds faces; `yunet` has to be added first, see docs/models.md'),
  FACE_EMBEDDER: z
    .string()
    .min(1)
    .default(defaultEmbedder)
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
    .default(defaultSimilarityStep)
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
    .describe(`Least liveness, 0 to 1, where \`LIVENESS\` asks for it; unset: ${usualLiveness}`),
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

/** A bucket, or part of one, that image files are kept in. */
export interface S3Location {
  readonly bucket: string;
  /** Goes before every key; empty, or ends with a slash. */
  readonly prefix: string;
  /** Address of a store other than AWS. */
  readonly endpoint: string | undefined;
  /** Undefined leaves it to the SDK's own search. */
  readonly region: string | undefined;
}

/** Where metrics are served. */
export interface MetricsSettings {
  readonly host: string;
  readonly port: number;
  /** Whether the service may start without them because the port is taken: nobody asked for this one. */
  readonly portMayBeTaken: boolean;
}

type Environment = z.infer<typeof environmentSchema>;

export interface Config {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  readonly apiKeys: readonly EnvironmentKey[];
  /** Whether others may reach the service while there is no key. */
  readonly dangerouslyServeWithoutKeys: boolean;
  /** Undefined serves none. */
  readonly metrics: MetricsSettings | undefined;
  /** Absolute path. */
  readonly dataDir: string;
  /** Undefined keeps image files below `dataDir`. */
  readonly imageStore: S3Location | undefined;
  /** Undefined: the embedded database. */
  readonly mysql: MysqlSettings | undefined;
  /** From a file unless given. */
  readonly masterKeys: readonly [MasterKey, ...MasterKey[]] | undefined;
  /** Absolute path; undefined: `master.key` in `dataDir`. */
  readonly masterKeyFile: string | undefined;
  readonly faceDetector: Environment['FACE_DETECTOR'];
  /** Name of a model, or path of a description. */
  readonly faceEmbedder: string;
  readonly faceWorkers: number;
  readonly faceQueue: number;
  readonly matchFmr: Environment['MATCH_FMR'];
  /** Cosine; replaces the threshold of `matchFmr` when present. */
  readonly matchThreshold: number | undefined;
  /** Rounding step of the reported similarity. */
  readonly similarityStep: number;
  /** Whether clients may search everybody for a face. */
  readonly identification: boolean;
  readonly liveness: Environment['LIVENESS'];
  /** 0 to 1. */
  readonly livenessThreshold: number;
  readonly maxImageBytes: number;
  readonly maxImagePixels: number;
  /** Days that enrolled pictures are kept, 0 for not at all; undefined keeps them for good. */
  readonly imageRetentionDays: number | undefined;
  /** Days that entries of the audit log are kept; undefined keeps them for good. */
  readonly auditRetentionDays: number | undefined;
  /** 0: no limit, as in the next four. */
  readonly addressRequestsPerMinute: number;
  readonly keyRequestsPerMinute: number;
  readonly failedKeysPerMinute: number;
  readonly freeFailuresPerCaller: number;
  readonly freeFailuresPerUser: number;
  readonly corsOrigins: readonly string[];
  /** Number of trusted reverse proxies. */
  readonly trustProxy: number;
  readonly logLevel: Environment['LOG_LEVEL'];
}

/** Thrown at start; its message names every bad variable, what was wrong with it, and never its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Reads the configuration out of environment variables; an empty variable counts as unset. */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(present);
  const problems = [
    ...(parsed.error?.issues ?? []).map((issue) => `  ${issue.path.join('.')}: ${issue.message}`),
    ...contradictions(present).map((contradiction) => `  ${contradiction}`),
  ];
  if (!parsed.success || problems.length > 0) {
    throw new ConfigError(`These environment variables cannot be used:\n${problems.join('\n')}`);
  }
  const values = parsed.data;
  return Object.freeze({
    production: values.NODE_ENV === 'production',
    host: values.HOST,
    port: values.PORT,
    apiKeys: values.API_KEYS,
    dangerouslyServeWithoutKeys: values.DANGEROUSLY_SERVE_WITHOUT_KEYS === 'yes',
    metrics: metricsSettings(values),
    dataDir: resolve(values.DATA_DIR),
    imageStore: imageStore(values),
    mysql: mysqlSettings(values),
    masterKeys: values.MASTER_KEYS,
    masterKeyFile: values.MASTER_KEY_FILE === undefined ? undefined : resolve(values.MASTER_KEY_FILE),
    faceDetector: values.FACE_DETECTOR,
    faceEmbedder: values.FACE_EMBEDDER,
    faceWorkers: values.FACE_WORKERS ?? Math.min(8, availableParallelism()),
    faceQueue: values.FACE_QUEUE,
    matchFmr: values.MATCH_FMR,
    matchThreshold: values.MATCH_THRESHOLD,
    similarityStep: values.SIMILARITY_STEP,
    identification: values.IDENTIFICATION === 'on',
    liveness: values.LIVENESS,
    livenessThreshold: values.LIVENESS_THRESHOLD ?? usualLiveness,
    maxImageBytes: values.MAX_IMAGE_BYTES,
    maxImagePixels: values.MAX_IMAGE_PIXELS,
    imageRetentionDays: retentionDays(values.IMAGE_RETENTION),
    auditRetentionDays: values.AUDIT_RETENTION_DAYS === 0 ? undefined : values.AUDIT_RETENTION_DAYS,
    addressRequestsPerMinute: values.ADDRESS_REQUESTS_PER_MINUTE,
    keyRequestsPerMinute: values.KEY_REQUESTS_PER_MINUTE,
    failedKeysPerMinute: values.FAILED_KEYS_PER_MINUTE,
    freeFailuresPerCaller: values.FREE_FAILURES_PER_CALLER,
    freeFailuresPerUser: values.FREE_FAILURES_PER_USER,
    corsOrigins: values.CORS_ORIGINS,
    trustProxy: values.TRUST_PROXY,
    logLevel: values.LOG_LEVEL,
  });
}

function retentionDays(text: string): number | undefined {
  if (text === 'keep') return undefined;
  return text === 'none' ? 0 : Number.parseInt(text, 10);
}

/**
 * Rules over several variables. They read the text of the variables, so that they are reported together with
 * variables that cannot be used by themselves.
 */
function contradictions(given: Partial<Record<string, string>>): string[] {
  const { LIVENESS = 'off', DATABASE_TLS = 'off', DATABASE_TLS_CERT, DATABASE_TLS_KEY } = given;
  const found: string[] = [];
  if (LIVENESS === 'off' && given['LIVENESS_THRESHOLD'] !== undefined)
    found.push(
      'LIVENESS_THRESHOLD: does nothing without LIVENESS=verify or LIVENESS=register-and-verify; set one or remove it',
    );
  if (DATABASE_TLS === 'off')
    for (const name of ['DATABASE_TLS_CA', 'DATABASE_TLS_CERT', 'DATABASE_TLS_KEY'])
      if (given[name] !== undefined)
        found.push(`${name}: does nothing without DATABASE_TLS=verify; set that or remove it`);
  if (DATABASE_TLS_CERT !== undefined && DATABASE_TLS_KEY === undefined)
    found.push('DATABASE_TLS_CERT: needs DATABASE_TLS_KEY, the key of the client certificate');
  if (DATABASE_TLS_KEY !== undefined && DATABASE_TLS_CERT === undefined)
    found.push('DATABASE_TLS_KEY: needs DATABASE_TLS_CERT, the client certificate of the key');
  return found;
}

/** The port that OpenTelemetry's Prometheus exporters use. */
const usualMetricsPort = 9464;

function metricsSettings({ METRICS_HOST, METRICS_PORT }: Environment): MetricsSettings | undefined {
  if (METRICS_PORT === 'off') return undefined;
  return {
    host: METRICS_HOST,
    port: METRICS_PORT === undefined ? usualMetricsPort : Number(METRICS_PORT),
    portMayBeTaken: METRICS_PORT === undefined,
  };
}

function imageStore(values: Environment): S3Location | undefined {
  const [, bucket, path = ''] = s3Address.exec(values.IMAGE_STORE ?? '') ?? [];
  if (bucket === undefined) return undefined;
  const endpoint = values.AWS_ENDPOINT_URL_S3 ?? values.AWS_ENDPOINT_URL;
  return {
    bucket,
    prefix: path === '' ? '' : `${path.slice(1)}/`,
    endpoint,
    region: values.AWS_REGION ?? (endpoint === undefined ? undefined : 'us-east-1'),
  };
}

function mysqlSettings(values: Environment): MysqlSettings | undefined {
  if (values.DATABASE_URL === undefined) return undefined;
  return {
    ...values.DATABASE_URL,
    poolSize: values.DATABASE_POOL_SIZE,
    connectTimeoutMs: values.DATABASE_CONNECT_TIMEOUT_MS,
    timeoutMs: values.DATABASE_TIMEOUT_MS,
    tls:
      values.DATABASE_TLS === 'off'
        ? undefined
        : {
            verify: values.DATABASE_TLS === 'verify',
            caFile: values.DATABASE_TLS_CA,
            certFile: values.DATABASE_TLS_CERT,
            keyFile: values.DATABASE_TLS_KEY,
          },
  };
}

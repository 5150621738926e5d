import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import type { MysqlSettings } from '../database/mysql/mysql-options.js';
import type { HolderSettings } from '../protection/holders/key-holders.js';
import { ConfigError, type Config, type MetricsSettings, type S3Location } from './config.js';
import { readSecretFiles } from './secret-files.js';
import { holderContradictions } from './holder-schema.js';
import { environmentSchema, S3_ADDRESS, USUAL_LIVENESS, type Environment } from './environment-schema.js';

/** Reads the configuration out of environment variables; an empty variable counts as unset. */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const { values: complete, problems: unread } = readSecretFiles(present);
  const parsed = environmentSchema.safeParse(complete);
  const problems = [
    ...unread.map((problem) => `  ${problem}`),
    ...(parsed.error?.issues ?? []).map((issue) => `  ${issue.path.join('.')}: ${issue.message}`),
    ...contradictions(complete).map((contradiction) => `  ${contradiction}`),
  ];
  if (!parsed.success || problems.length > 0) {
    throw new ConfigError(`These environment variables cannot be used:\n${problems.join('\n')}`);
  }
  const values = parsed.data;
  return Object.freeze({
    production: values.NODE_ENV === 'production',
    logLevel: values.LOG_LEVEL,
    dataDir: resolve(values.DATA_DIR),
    mysql: mysqlSettings(values),
    imageStore: imageStore(values, complete),
    protection: {
      masterKeys: values.MASTER_KEYS,
      masterKeyFile: values.MASTER_KEY_FILE === undefined ? undefined : resolve(values.MASTER_KEY_FILE),
      holders: holderSettings(values),
    },
    apiKeys: values.API_KEYS,
    http: {
      host: values.HOST,
      port: values.PORT,
      corsOrigins: values.CORS_ORIGINS,
      trustProxy: values.TRUST_PROXY,
      dangerouslyServeWithoutKeys: values.DANGEROUSLY_SERVE_WITHOUT_KEYS === 'yes',
      maxImageBytes: values.MAX_IMAGE_BYTES,
    },
    metrics: metricsSettings(values),
    faces: {
      detector: values.FACE_DETECTOR,
      embedder: values.FACE_EMBEDDER,
      workers: values.FACE_WORKERS ?? Math.min(8, availableParallelism()),
      queue: values.FACE_QUEUE,
      maxPixels: values.MAX_IMAGE_PIXELS,
    },
    matching: {
      fmr: values.MATCH_FMR,
      threshold: values.MATCH_THRESHOLD,
      similarityStep: values.SIMILARITY_STEP,
      identification: values.IDENTIFICATION === 'on',
    },
    liveness: {
      askedFor: values.LIVENESS,
      threshold: values.LIVENESS_THRESHOLD ?? USUAL_LIVENESS,
    },
    retention: {
      imageDays: retentionDays(values.IMAGE_RETENTION),
      auditDays: values.AUDIT_RETENTION_DAYS === 0 ? undefined : values.AUDIT_RETENTION_DAYS,
    },
    limits: {
      addressRequestsPerMinute: values.ADDRESS_REQUESTS_PER_MINUTE,
      keyRequestsPerMinute: values.KEY_REQUESTS_PER_MINUTE,
      failedKeysPerMinute: values.FAILED_KEYS_PER_MINUTE,
      freeFailuresPerCaller: values.FREE_FAILURES_PER_CALLER,
      freeFailuresPerUser: values.FREE_FAILURES_PER_USER,
    },
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
  const found = holderContradictions(given);
  if (LIVENESS === 'off' && given['LIVENESS_THRESHOLD'] !== undefined)
    found.push(
      'LIVENESS_THRESHOLD: does nothing without LIVENESS=verify or LIVENESS=register-and-verify; set one or remove it',
    );
  if (given['AWS_SECRET_ACCESS_KEY_FILE'] !== undefined && given['AWS_ACCESS_KEY_ID'] === undefined)
    found.push('AWS_SECRET_ACCESS_KEY_FILE: needs AWS_ACCESS_KEY_ID, the id of the key');
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

function holderSettings(values: Environment): HolderSettings {
  const { PKCS11_MODULE: module, PKCS11_TOKEN: token, PKCS11_PIN: pin, VAULT_ADDR: address } = values;
  return {
    current: values.MASTER_KEY_HOLDER === 'none' ? undefined : values.MASTER_KEY_HOLDER,
    pkcs11:
      module === undefined || token === undefined || pin === undefined
        ? undefined
        : { module: resolve(module), token, key: values.PKCS11_KEY, pin },
    vault:
      address === undefined
        ? undefined
        : {
            address,
            token: values.VAULT_TOKEN,
            namespace: values.VAULT_NAMESPACE,
            mount: values.VAULT_TRANSIT_MOUNT,
            key: values.VAULT_TRANSIT_KEY,
          },
  };
}

/** The port that OpenTelemetry's Prometheus exporters use. */
const USUAL_METRICS_PORT = 9464;

function metricsSettings({ METRICS_HOST, METRICS_PORT }: Environment): MetricsSettings | undefined {
  if (METRICS_PORT === 'off') return undefined;
  return {
    host: METRICS_HOST,
    port: METRICS_PORT === undefined ? USUAL_METRICS_PORT : Number(METRICS_PORT),
    portMayBeTaken: METRICS_PORT === undefined,
  };
}

function imageStore(
  values: Environment,
  { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }: Partial<Record<string, string>>,
): S3Location | undefined {
  const [, bucket, path = ''] = S3_ADDRESS.exec(values.IMAGE_STORE ?? '') ?? [];
  if (bucket === undefined) return undefined;
  const endpoint = values.AWS_ENDPOINT_URL_S3 ?? values.AWS_ENDPOINT_URL;
  return {
    bucket,
    prefix: path === '' ? '' : `${path.slice(1)}/`,
    endpoint,
    region: values.AWS_REGION ?? (endpoint === undefined ? undefined : 'us-east-1'),
    // The SDK finds everything else by itself, but knows no file for the secret alone.
    ...(values.AWS_SECRET_ACCESS_KEY_FILE !== undefined &&
      accessKeyId !== undefined &&
      secretAccessKey !== undefined && { credentials: { accessKeyId, secretAccessKey } }),
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

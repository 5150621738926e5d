import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';

const integer = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

/** Every environment variable the service reads; the README's table is generated from it. */
export const environmentSchema = z.object({
  NODE_ENV: z
    .enum(['production', 'development', 'test'])
    .default('development')
    .describe('`production` turns off introspection, the Sandbox page and its CORS origin'),
  HOST: z.string().min(1).default('127.0.0.1').describe('Address to listen on; loopback only unless set'),
  PORT: integer(4000, 0, 65_535).describe('TCP port; 0 picks a free one'),
  DATA_DIR: z.string().min(1).default('./data').describe('Folder of the embedded database and of the images'),
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
    .enum(['1e-2', '1e-3', '1e-4', '1e-5'])
    .default('1e-3')
    .describe("False match rate of one comparison; picks the model's measured threshold"),
  MATCH_THRESHOLD: z.coerce
    .number()
    .min(-1)
    .max(1)
    .optional()
    .describe('Cosine threshold; overrides `MATCH_FMR`'),
  MAX_IMAGE_BYTES: integer(10_485_760, 1024, 104_857_600).describe('Largest image file accepted, in bytes'),
  MAX_IMAGE_PIXELS: integer(50_000_000, 10_000, 268_402_689).describe(
    'Largest width × height accepted, read from the header before decoding',
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

type Environment = z.infer<typeof environmentSchema>;

export interface Config {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  /** Absolute path. */
  readonly dataDir: string;
  readonly faceWorkers: number;
  readonly faceQueue: number;
  readonly matchFmr: Environment['MATCH_FMR'];
  /** Cosine; replaces the threshold of `matchFmr` when present. */
  readonly matchThreshold: number | undefined;
  readonly maxImageBytes: number;
  readonly maxImagePixels: number;
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
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigError(`These environment variables can not be used:\n${problems.join('\n')}`);
  }
  const values = parsed.data;
  return Object.freeze({
    production: values.NODE_ENV === 'production',
    host: values.HOST,
    port: values.PORT,
    dataDir: resolve(values.DATA_DIR),
    faceWorkers: values.FACE_WORKERS ?? Math.min(8, availableParallelism()),
    faceQueue: values.FACE_QUEUE,
    matchFmr: values.MATCH_FMR,
    matchThreshold: values.MATCH_THRESHOLD,
    maxImageBytes: values.MAX_IMAGE_BYTES,
    maxImagePixels: values.MAX_IMAGE_PIXELS,
    corsOrigins: values.CORS_ORIGINS,
    trustProxy: values.TRUST_PROXY,
    logLevel: values.LOG_LEVEL,
  });
}

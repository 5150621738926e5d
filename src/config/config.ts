import type { EnvironmentKey } from '../access/environment-keys.js';
import type { MysqlSettings } from '../database/mysql/mysql-options.js';
import type { HolderSettings } from '../protection/holders/key-holders.js';
import type { MasterKeyEntry } from '../protection/master-key.js';
import type { Environment } from './environment-schema.js';

/** A bucket, or part of one, that image files are kept in. */
export interface S3Location {
  readonly bucket: string;
  /** Prefix of every key; empty, or ends with a slash. */
  readonly prefix: string;
  /** Address of a store other than AWS. */
  readonly endpoint: string | undefined;
  /** Undefined leaves it to the SDK's own search. */
  readonly region: string | undefined;
  /** Absent: those that the SDK finds. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Where metrics are served. */
export interface MetricsSettings {
  readonly host: string;
  readonly port: number;
  /** Whether the service may start without them because the port is taken: nobody asked for this one. */
  readonly portMayBeTaken: boolean;
}

/** Where requests come in, and what is taken of them. */
export interface HttpSettings {
  readonly host: string;
  readonly port: number;
  readonly corsOrigins: readonly string[];
  /** Number of trusted reverse proxies. */
  readonly trustProxy: number;
  /** Whether others may reach the service while there is no key. */
  readonly dangerouslyServeWithoutKeys: boolean;
  readonly maxImageBytes: number;
}

/** The master keys that everything is sealed with. */
export interface ProtectionSettings {
  /** From a file unless given. */
  readonly masterKeys: readonly [MasterKeyEntry, ...MasterKeyEntry[]] | undefined;
  /** Absolute path; undefined: `master.key` in `dataDir`. */
  readonly masterKeyFile: string | undefined;
  /** Who wraps them outside the process; absent: nobody. */
  readonly holders?: HolderSettings;
}

/** From image to template. */
export interface FaceSettings {
  readonly detector: Environment['FACE_DETECTOR'];
  /** Name of a model, or path of a description. */
  readonly embedder: string;
  readonly workers: number;
  readonly queue: number;
  readonly maxPixels: number;
}

/** From templates to decisions. */
export interface MatchingSettings {
  readonly fmr: Environment['MATCH_FMR'];
  /** Cosine; replaces the threshold of `fmr` when present. */
  readonly threshold: number | undefined;
  /** Rounding step of the reported similarity. */
  readonly similarityStep: number;
  /** Whether clients may search everybody for a face. */
  readonly identification: boolean;
}

export interface LivenessSettings {
  readonly askedFor: Environment['LIVENESS'];
  /** 0 to 1. */
  readonly threshold: number;
}

/** How many days things are kept; undefined keeps them for good. */
export interface RetentionSettings {
  /** Enrolled pictures; 0 keeps none. */
  readonly imageDays: number | undefined;
  /** Entries of the audit log. */
  readonly auditDays: number | undefined;
}

/** 0 means no limit. */
export interface LimitSettings {
  readonly addressRequestsPerMinute: number;
  readonly keyRequestsPerMinute: number;
  readonly failedKeysPerMinute: number;
  readonly freeFailuresPerCaller: number;
  readonly freeFailuresPerUser: number;
}

/** What the environment says, by concern: a part gets those it needs, and nobody else's keys. */
export interface Config {
  readonly production: boolean;
  readonly logLevel: Environment['LOG_LEVEL'];
  /** Absolute path. */
  readonly dataDir: string;
  /** Undefined: the embedded database below `dataDir`. */
  readonly mysql: MysqlSettings | undefined;
  /** Undefined keeps image files below `dataDir`. */
  readonly imageStore: S3Location | undefined;
  readonly protection: ProtectionSettings;
  /** Keys besides those of the database. */
  readonly apiKeys: readonly EnvironmentKey[];
  readonly http: HttpSettings;
  /** Undefined serves none. */
  readonly metrics: MetricsSettings | undefined;
  readonly faces: FaceSettings;
  readonly matching: MatchingSettings;
  readonly liveness: LivenessSettings;
  readonly retention: RetentionSettings;
  readonly limits: LimitSettings;
}

/** Thrown at start; its message names every bad variable, what was wrong with it, and never its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  customType,
  foreignKey,
  index,
  int,
  mysqlTable,
  primaryKey,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/mysql-core';
import type { ImageMediaType } from '../../faces/picture/media-type.js';

/**
 * Text compared byte by byte, spaces at the end included. The only binary collation that MySQL and MariaDB share,
 * utf8mb4_bin, takes 'Bob' and 'Bob ' for equal, so each server gets its own in a comment that the other skips:
 * https://mariadb.com/kb/en/comment-syntax/#executable-comment-syntax
 */
const exactText = customType<{ data: string; config: { length: number }; configRequired: true }>({
  dataType: ({ length }) =>
    `varchar(${length}) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */`,
});

const blob = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => 'blob',
  toDriver: (value) => Buffer.from(value),
});

const bytes = customType<{
  data: Uint8Array;
  driverData: Buffer;
  config: { length: number };
  configRequired: true;
}>({
  dataType: ({ length }) => `varbinary(${length})`,
  toDriver: (value) => Buffer.from(value),
});

/** Seconds since 1970: unlike TIMESTAMP without time zones, automatic updates and an end in 2038. */
const seconds = customType<{ data: Date; driverData: number }>({
  dataType: () => 'bigint',
  toDriver: (date) => Math.floor(date.getTime() / 1000),
  fromDriver: (value) => new Date(value * 1000),
});

/** The customer's own table; every other one is named `face_…`, because the database may hold tables of others. */
export const users = mysqlTable('users', {
  id: exactText('id', { length: 255 }).primaryKey(),
  /** Null in rows that other programs inserted so. */
  timestamp: timestamp('timestamp').default(sql`CURRENT_TIMESTAMP`),
});

export const blobs = mysqlTable(
  'face_blobs',
  {
    key: exactText('key', { length: 64 }).primaryKey(),
    state: exactText('state', { length: 16 }).$type<'pending' | 'live' | 'deleting'>().notNull(),
    announcedAt: seconds('announced_at').notNull(),
  },
  (table) => [
    check('face_blobs_state', sql`${table.state} in ('pending', 'live', 'deleting')`),
    index('face_blobs_unfinished').on(table.state, table.announcedAt),
  ],
);

export const images = mysqlTable(
  'face_images',
  {
    key: exactText('key', { length: 64 }).primaryKey(),
    userId: exactText('user_id', { length: 255 }).notNull(),
    mediaType: exactText('media_type', { length: 64 }).$type<ImageMediaType>().notNull(),
  },
  (table) => [
    foreignKey({ name: 'face_images_blob_fk', columns: [table.key], foreignColumns: [blobs.key] }),
    foreignKey({ name: 'face_images_user_fk', columns: [table.userId], foreignColumns: [users.id] }),
    index('face_images_user').on(table.userId),
  ],
);

export const templates = mysqlTable(
  'face_templates',
  {
    id: exactText('id', { length: 36 }).primaryKey(),
    userId: exactText('user_id', { length: 255 }).notNull(),
    /** Null once the picture is no longer kept. */
    imageKey: exactText('image_key', { length: 64 }),
    modelId: exactText('model_id', { length: 64 }).notNull(),
    /** Little-endian float32, sealed with the user's key if there is one. */
    vector: blob('vector').notNull(),
  },
  (table) => [
    foreignKey({ name: 'face_templates_user_fk', columns: [table.userId], foreignColumns: [users.id] }),
    foreignKey({ name: 'face_templates_image_fk', columns: [table.imageKey], foreignColumns: [images.key] }),
    index('face_templates_user').on(table.userId, table.modelId),
    index('face_templates_image').on(table.imageKey),
    index('face_templates_model').on(table.modelId, table.id),
  ],
);

/** One row, id 1, which a migration inserts. */
export const galleryClock = mysqlTable('face_gallery_clock', {
  id: int('id').primaryKey(),
  rev: bigint('rev', { mode: 'number' }).notNull(),
});

/** Refers to people by template id alone, so that nothing personal stays here after a deletion. */
export const galleryChange = mysqlTable(
  'face_gallery_change',
  {
    rev: bigint('rev', { mode: 'number' }).notNull(),
    seq: int('seq').notNull(),
    op: exactText('op', { length: 8 }).$type<'add' | 'remove'>().notNull(),
    templateId: exactText('template_id', { length: 36 }).notNull(),
    changedAt: seconds('changed_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.rev, table.seq] }),
    check('face_gallery_change_op', sql`${table.op} in ('add', 'remove')`),
    index('face_gallery_change_time').on(table.changedAt),
  ],
);

/** Master keys that have protected anything here; the keys themselves are elsewhere. */
export const masterKeys = mysqlTable('face_master_keys', {
  id: exactText('id', { length: 64 }).primaryKey(),
  /** A known text sealed with the key, to recognise a wrong one. */
  proof: bytes('proof', { length: 255 }).notNull(),
});

/** A user with a row here has templates and pictures sealed with the wrapped key, all of them. */
export const userKeys = mysqlTable(
  'face_user_keys',
  {
    userId: exactText('user_id', { length: 255 }).primaryKey(),
    /** Who the audit log says the user is; random, so that it says nothing once this row is gone. */
    pseudonym: exactText('pseudonym', { length: 36 }).notNull(),
    masterKeyId: exactText('master_key_id', { length: 64 }).notNull(),
    wrapped: bytes('wrapped', { length: 255 }).notNull(),
  },
  (table) => [
    foreignKey({ name: 'face_user_keys_user_fk', columns: [table.userId], foreignColumns: [users.id] }),
    foreignKey({
      name: 'face_user_keys_master_fk',
      columns: [table.masterKeyId],
      foreignColumns: [masterKeys.id],
    }),
    uniqueIndex('face_user_keys_pseudonym').on(table.pseudonym),
    index('face_user_keys_master').on(table.masterKeyId),
  ],
);

/** Never deleted, so that access stays restricted when every key has been revoked. */
export const apiKeys = mysqlTable('face_api_keys', {
  id: exactText('id', { length: 32 }).primaryKey(),
  name: exactText('name', { length: 255 }).notNull(),
  /** SHA-256 of the whole key. */
  secretHash: bytes('secret_hash', { length: 32 }).notNull(),
  /** Separated by spaces. */
  scopes: exactText('scopes', { length: 255 }).notNull(),
  createdAt: seconds('created_at').notNull(),
  expiresAt: seconds('expires_at'),
  revokedAt: seconds('revoked_at'),
});

/** Append-only; each hash covers the row and the hash before it. */
export const auditLog = mysqlTable(
  'face_audit_log',
  {
    seq: bigint('seq', { mode: 'number' }).primaryKey(),
    at: seconds('at').notNull(),
    operation: exactText('operation', { length: 32 }).notNull(),
    outcome: exactText('outcome', { length: 64 }).notNull(),
    /** Pseudonym of the user concerned. */
    subject: exactText('subject', { length: 36 }),
    /** Id of the API key, or what else acted. */
    actor: exactText('actor', { length: 64 }).notNull(),
    requestId: exactText('request_id', { length: 64 }),
    previousHash: bytes('previous_hash', { length: 32 }).notNull(),
    hash: bytes('hash', { length: 32 }).notNull(),
  },
  (table) => [index('face_audit_log_time').on(table.at), index('face_audit_log_subject').on(table.subject)],
);

/** One row, id 1: the newest entry of the audit log, so that a cut end shows. A migration inserts it. */
export const auditHead = mysqlTable('face_audit_head', {
  id: int('id').primaryKey(),
  seq: bigint('seq', { mode: 'number' }).notNull(),
  hash: bytes('hash', { length: 32 }).notNull(),
});

/** First answers to operations that clients named with a key of their own, for a day. */
export const receipts = mysqlTable(
  'face_receipts',
  {
    /** SHA-256 of the client's key. */
    keyHash: bytes('key_hash', { length: 32 }).primaryKey(),
    /** SHA-256 of what was asked. */
    fingerprint: bytes('fingerprint', { length: 32 }).notNull(),
    /** Sealed with the client's key. */
    answer: blob('answer').notNull(),
    createdAt: seconds('created_at').notNull(),
  },
  (table) => [index('face_receipts_time').on(table.createdAt)],
);

/** Counters of the rate limits that all nodes share. */
export const rateCounters = mysqlTable(
  'face_rate_counters',
  {
    /** Never a user's id or an address as such, but a hash. */
    key: exactText('key', { length: 128 }).primaryKey(),
    points: int('points').notNull(),
    /** Milliseconds since 1970. */
    expire: bigint('expire', { mode: 'number' }),
  },
  (table) => [index('face_rate_counters_expire').on(table.expire)],
);

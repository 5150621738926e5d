import { sql } from 'drizzle-orm';
import { check, customType, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { ImageMediaType } from '../../faces/picture/media-type.js';

const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'blob' });

const wholeSeconds = (name: string) => integer(name, { mode: 'timestamp' }).notNull();

export const users = sqliteTable('users', {
  id: text('id').primaryKey(),
  timestamp: wholeSeconds('timestamp').default(sql`(unixepoch())`),
});

export const blobs = sqliteTable(
  'blobs',
  {
    key: text('key').primaryKey(),
    state: text('state', { enum: ['pending', 'live', 'deleting'] }).notNull(),
    announcedAt: wholeSeconds('announced_at'),
  },
  (table) => [
    check('blobs_state', sql`${table.state} in ('pending', 'live', 'deleting')`),
    index('blobs_unfinished')
      .on(table.state, table.announcedAt)
      .where(sql`${table.state} <> 'live'`),
  ],
);

export const images = sqliteTable(
  'images',
  {
    key: text('key')
      .primaryKey()
      .references(() => blobs.key),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    mediaType: text('media_type').$type<ImageMediaType>().notNull(),
  },
  (table) => [index('images_user').on(table.userId)],
);

export const templates = sqliteTable(
  'templates',
  {
    id: text('id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id),
    /** Null once the picture is no longer kept. */
    imageKey: text('image_key').references(() => images.key),
    modelId: text('model_id').notNull(),
    /** Little-endian float32, sealed with the user's key if there is one. */
    vector: bytes('vector').notNull(),
  },
  (table) => [
    // Ends with what the templates of a user are ordered by: else SQLite prefers templates_model and reads them all.
    index('templates_user').on(table.userId, table.modelId, table.id),
    index('templates_image').on(table.imageKey),
    index('templates_model').on(table.modelId, table.id),
  ],
);

/** One row, id 1. */
export const galleryClock = sqliteTable('gallery_clock', {
  id: integer('id').primaryKey(),
  rev: integer('rev').notNull(),
});

/** Refers to people by template id alone, so that nothing personal stays here after a deletion. */
export const galleryChange = sqliteTable(
  'gallery_change',
  {
    rev: integer('rev').notNull(),
    seq: integer('seq').notNull(),
    op: text('op', { enum: ['add', 'remove'] }).notNull(),
    templateId: text('template_id').notNull(),
    changedAt: wholeSeconds('changed_at'),
  },
  (table) => [
    primaryKey({ columns: [table.rev, table.seq] }),
    check('gallery_change_op', sql`${table.op} in ('add', 'remove')`),
    index('gallery_change_time').on(table.changedAt),
  ],
);

/** Master keys that have protected anything here; the keys themselves are elsewhere. */
export const masterKeys = sqliteTable('master_keys', {
  id: text('id').primaryKey(),
  /** A known text sealed with the key, to recognise a wrong one. */
  proof: bytes('proof').notNull(),
});

/** A user with a row here has templates and pictures sealed with the wrapped key, all of them. */
export const userKeys = sqliteTable(
  'user_keys',
  {
    userId: text('user_id')
      .primaryKey()
      .references(() => users.id),
    /** Who the audit log says the user is; random, so that it says nothing once this row is gone. */
    pseudonym: text('pseudonym').notNull().unique(),
    masterKeyId: text('master_key_id')
      .notNull()
      .references(() => masterKeys.id),
    wrapped: bytes('wrapped').notNull(),
  },
  (table) => [index('user_keys_master').on(table.masterKeyId)],
);

/** Never deleted, so that access stays restricted when every key has been revoked. */
export const apiKeys = sqliteTable('api_keys', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  /** SHA-256 of the whole key. */
  secretHash: bytes('secret_hash').notNull(),
  /** Separated by spaces. */
  scopes: text('scopes').notNull(),
  createdAt: wholeSeconds('created_at'),
  expiresAt: integer('expires_at', { mode: 'timestamp' }),
  revokedAt: integer('revoked_at', { mode: 'timestamp' }),
});

/** Append-only; each hash covers the row and the hash before it. */
export const auditLog = sqliteTable(
  'audit_log',
  {
    seq: integer('seq').primaryKey(),
    at: wholeSeconds('at'),
    operation: text('operation').notNull(),
    outcome: text('outcome').notNull(),
    /** Pseudonym of the user concerned. */
    subject: text('subject'),
    /** Id of the API key, or what else acted. */
    actor: text('actor').notNull(),
    requestId: text('request_id'),
    previousHash: bytes('previous_hash').notNull(),
    hash: bytes('hash').notNull(),
  },
  (table) => [index('audit_log_time').on(table.at), index('audit_log_subject').on(table.subject)],
);

/** One row, id 1: the newest entry of the audit log, so that a cut end shows. */
export const auditHead = sqliteTable('audit_head', {
  id: integer('id').primaryKey(),
  seq: integer('seq').notNull(),
  hash: bytes('hash').notNull(),
});

/** First answers to operations that clients named with a key of their own, for a day. */
export const receipts = sqliteTable(
  'receipts',
  {
    /** SHA-256 of the client's key. */
    keyHash: bytes('key_hash').primaryKey(),
    /** SHA-256 of what was asked. */
    fingerprint: bytes('fingerprint').notNull(),
    /** Sealed with the client's key. */
    answer: bytes('answer').notNull(),
    createdAt: wholeSeconds('created_at'),
  },
  (table) => [index('receipts_time').on(table.createdAt)],
);

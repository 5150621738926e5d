import { sql } from 'drizzle-orm';
import { check, customType, index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { decodeVector, encodeVector } from '../vector-bytes.js';

const floatVector = customType<{ data: Float32Array; driverData: Uint8Array }>({
  dataType: () => 'blob',
  toDriver: encodeVector,
  fromDriver: decodeVector,
});

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
    mediaType: text('media_type').notNull(),
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
    imageKey: text('image_key')
      .notNull()
      .references(() => images.key),
    modelId: text('model_id').notNull(),
    vector: floatVector('vector').notNull(),
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

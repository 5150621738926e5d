import { DatabaseSync } from '@photostructure/sqlite';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMasterKeys, type MasterKey } from '../../../src/protection/master-key.js';
import { plainKeys } from './plain-keys.js';
import { UserKey } from '../../../src/protection/user-key.js';
import { encodeVector } from '../../../src/protection/vector-bytes.js';

export interface StoredPerson {
  /** Template, opened: little-endian float32. */
  readonly vector: Buffer;
  /** Picture in the image file, opened. */
  readonly picture: Buffer;
}

export interface DataFolder {
  readonly people: ReadonlyMap<string, StoredPerson>;
  /** Everything that is not whole: orphans, duplicates, intents and files left over. */
  readonly problems: readonly string[];
}

/** Reads database and image files past the service, opens what is sealed, and looks for anything that does not fit together. */
export function readDataFolder(folder: string): DataFolder {
  const images = join(folder, 'images');
  const files = readdirSync(images)
    .filter((name) => name !== 'incoming')
    .flatMap((shard) => readdirSync(join(images, shard)).map((name) => `${shard}/${name}`));
  const masterKeys = plainKeys(parseMasterKeys(readFileSync(join(folder, 'master.key'), 'utf8')));
  const unfinished = readdirSync(join(images, 'incoming')).map((name) => `unfinished file ${name}`);

  const database = new DatabaseSync(join(folder, 'facial-verification.sqlite'), { readOnly: true });
  try {
    const all = (sql: string) => database.prepare(sql).all() as Record<string, unknown>[];
    const rows = all(`
      SELECT users.id, images.key, blobs.state, templates.id AS template, templates.model_id, templates.vector,
        user_keys.pseudonym, user_keys.master_key_id, user_keys.wrapped
      FROM users
      LEFT JOIN user_keys ON user_keys.user_id = users.id
      LEFT JOIN images ON images.user_id = users.id
      LEFT JOIN templates ON templates.user_id = users.id AND templates.image_key = images.key
      LEFT JOIN blobs ON blobs.key = images.key`);
    const count = (table: string) => Number(all(`SELECT count(*) AS n FROM ${table}`)[0]?.['n']);
    const revisions = all(`
      SELECT coalesce((SELECT rev FROM gallery_clock), 0) AS clock, count(DISTINCT rev) AS changes,
        coalesce(max(rev), 0) AS newest FROM gallery_change`)[0];

    const people = new Map<string, StoredPerson>();
    const problems = [...unfinished];
    for (const row of rows) {
      const { id, key, vector, state } = row;
      const file = String(key);
      if (people.has(String(id))) problems.push(`two images or templates of ${String(id)}`);
      if (!(vector instanceof Uint8Array)) problems.push(`no template of ${String(id)}`);
      else if (!files.includes(file)) problems.push(`no file of ${String(id)}`);
      else if (row['pseudonym'] === null) {
        problems.push(`${String(id)} is not protected`);
        people.set(String(id), { vector: Buffer.from(vector), picture: readFileSync(join(images, file)) });
      } else people.set(String(id), opened(row, readFileSync(join(images, file)), masterKeys));
      if (state !== 'live') problems.push(`image of ${String(id)} is ${String(state)}`);
    }
    for (const table of ['images', 'templates', 'blobs', 'user_keys'])
      if (count(table) !== count('users')) problems.push(`${count(table)} ${table}, ${count('users')} users`);
    if (files.length !== rows.length) problems.push(`${files.length} files, ${rows.length} users`);
    if (revisions?.['clock'] !== revisions?.['newest'] || revisions?.['clock'] !== revisions?.['changes'])
      problems.push(`gallery revisions have gaps: ${JSON.stringify(revisions)}`);
    for (const row of all('PRAGMA integrity_check'))
      if (row['integrity_check'] !== 'ok') problems.push(`integrity: ${JSON.stringify(row)}`);
    for (const row of all('PRAGMA foreign_key_check'))
      problems.push(`missing parent: ${JSON.stringify(row)}`);
    return { people, problems };
  } finally {
    database.close();
  }
}

function opened(
  row: Record<string, unknown>,
  file: Uint8Array,
  masterKeys: readonly MasterKey[],
): StoredPerson {
  const masterKey = masterKeys.find(({ id }) => id === row['master_key_id']);
  if (masterKey === undefined) throw new Error('The master key of a user is not in the folder.');
  const key = UserKey.unwrap(
    {
      userId: String(row['id']),
      pseudonym: String(row['pseudonym']),
      masterKeyId: masterKey.id,
      wrapped: row['wrapped'] as Uint8Array,
    },
    masterKey,
  );
  const template = { templateId: String(row['template']), modelId: String(row['model_id']) };
  return {
    vector: Buffer.from(encodeVector(key.openTemplate(template, row['vector'] as Uint8Array))),
    picture: Buffer.from(key.openImage(String(row['key']), file)),
  };
}

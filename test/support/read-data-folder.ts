import { DatabaseSync } from '@photostructure/sqlite';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface StoredPerson {
  /** Template as stored, little-endian float32. */
  readonly vector: Buffer;
  /** Bytes of the image file. */
  readonly picture: Buffer;
}

export interface DataFolder {
  readonly people: ReadonlyMap<string, StoredPerson>;
  /** Everything that is not whole: orphans, duplicates, intents and files left over. */
  readonly problems: readonly string[];
}

/** Reads database and image files past the program, and looks for anything that does not fit together. */
export function readDataFolder(folder: string): DataFolder {
  const images = join(folder, 'images');
  const files = readdirSync(images)
    .filter((name) => name !== 'incoming')
    .flatMap((shard) => readdirSync(join(images, shard)).map((name) => `${shard}/${name}`));
  const unfinished = readdirSync(join(images, 'incoming')).map((name) => `unfinished file ${name}`);

  const database = new DatabaseSync(join(folder, 'facial-verification.sqlite'), { readOnly: true });
  try {
    const all = (sql: string) => database.prepare(sql).all() as Record<string, unknown>[];
    const rows = all(`
      SELECT users.id, images.key, templates.vector, blobs.state FROM users
      LEFT JOIN images ON images.user_id = users.id
      LEFT JOIN templates ON templates.user_id = users.id AND templates.image_key = images.key
      LEFT JOIN blobs ON blobs.key = images.key`);
    const count = (table: string) => Number(all(`SELECT count(*) AS n FROM ${table}`)[0]?.['n']);
    const revisions = all(`
      SELECT coalesce((SELECT rev FROM gallery_clock), 0) AS clock, count(DISTINCT rev) AS changes,
        coalesce(max(rev), 0) AS newest FROM gallery_change`)[0];

    const people = new Map<string, StoredPerson>();
    const problems = [...unfinished];
    for (const { id, key, vector, state } of rows) {
      const file = String(key);
      if (people.has(String(id))) problems.push(`two images or templates of ${String(id)}`);
      if (!(vector instanceof Uint8Array)) problems.push(`no template of ${String(id)}`);
      else if (!files.includes(file)) problems.push(`no file of ${String(id)}`);
      else
        people.set(String(id), {
          vector: Buffer.from(vector),
          picture: readFileSync(join(images, file)),
        });
      if (state !== 'live') problems.push(`image of ${String(id)} is ${String(state)}`);
    }
    for (const table of ['images', 'templates', 'blobs'])
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

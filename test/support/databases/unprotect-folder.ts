import { DatabaseSync } from '@photostructure/sqlite';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeVector } from '../../../src/protection/vector-bytes.js';
import { parseMasterKeys } from '../../../src/protection/master-key.js';
import { plainKeys } from './plain-keys.js';
import { Vault } from '../../../src/protection/vault.js';

/**
 * Turns a data folder that no process uses into what a program without protection would have left: templates and
 * pictures plain, no keys of users.
 */
export function unprotectFolder(folder: string): void {
  const vault = new Vault({
    masterKeys: plainKeys(parseMasterKeys(readFileSync(join(folder, 'master.key'), 'utf8'))),
  });
  const database = new DatabaseSync(join(folder, 'facial-verification.sqlite'));
  const all = (sql: string, ...values: string[]) =>
    database.prepare(sql).all(...values) as Record<string, string | Uint8Array>[];
  for (const row of all('SELECT * FROM user_keys')) {
    const userId = String(row['user_id']);
    const key = vault.unwrap({
      userId,
      pseudonym: String(row['pseudonym']),
      masterKeyId: String(row['master_key_id']),
      wrapped: row['wrapped'] as Uint8Array,
    });
    for (const template of all('SELECT * FROM templates WHERE user_id = ?', userId)) {
      const identity = { templateId: String(template['id']), modelId: String(template['model_id']) };
      const vector = key.openTemplate(identity, template['vector'] as Uint8Array);
      database
        .prepare('UPDATE templates SET vector = ? WHERE id = ?')
        .run(encodeVector(vector), identity.templateId);
    }
    for (const { key: name } of all('SELECT key FROM images WHERE user_id = ?', userId)) {
      const file = join(folder, 'images', String(name));
      writeFileSync(file, key.openImage(String(name), readFileSync(file)));
    }
  }
  database.exec('DELETE FROM user_keys; PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
}

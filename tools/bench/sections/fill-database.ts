import { DatabaseSync } from '@photostructure/sqlite';
import { join } from 'node:path';
import { DEFAULT_EMBEDDER } from '../../../src/models/catalogue.js';
import { openSqlite } from '../../../test/support/databases/open-sqlite.js';
import { testVault } from '../../../test/support/databases/test-vault.js';
import { unitVector } from '../../../test/support/models/unit-vectors.js';

/**
 * Registers people with made-up templates, sealed as the service seals them, in one transaction: a real registration of
 * each would take days for a million of them. They have no picture files.
 * @param folder data folder of a service that does not run.
 */
export async function fillDatabase(folder: string, people: number, dimension: number): Promise<void> {
  await (await openSqlite(folder)).close();
  const database = new DatabaseSync(join(folder, 'facial-verification.sqlite'));
  const user = database.prepare('insert into users (id) values (?)');
  const blob = database.prepare("insert into blobs (key, state, announced_at) values (?, 'live', 0)");
  const image = database.prepare("insert into images (key, user_id, media_type) values (?, ?, 'image/jpeg')");
  const userKey = database.prepare(
    'insert into user_keys (user_id, pseudonym, master_key_id, wrapped) values (?, ?, ?, ?)',
  );
  const template = database.prepare(
    'insert into templates (id, user_id, image_key, model_id, vector) values (?, ?, ?, ?, ?)',
  );
  database.exec('begin');
  for (let person = 0; person < people; person++) {
    const name = person.toString().padStart(8, '0');
    const userId = `person-${name}`;
    const identity = { templateId: `template-${name}`, modelId: DEFAULT_EMBEDDER };
    const key = testVault.createKey(userId);
    const { pseudonym, masterKeyId, wrapped } = key.stored;
    user.run(userId);
    userKey.run(userId, pseudonym, masterKeyId, wrapped);
    blob.run(`image-${name}`);
    image.run(`image-${name}`, userId);
    template.run(
      identity.templateId,
      userId,
      `image-${name}`,
      identity.modelId,
      key.sealTemplate(identity, unitVector(person, dimension)),
    );
  }
  database.exec('commit');
  database.exec('pragma wal_checkpoint(truncate)');
  database.close();
}

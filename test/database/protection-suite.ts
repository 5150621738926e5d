import { describe, expect, it } from 'vitest';
import { encodeVector } from '../../src/protection/vector-bytes.js';
import { createMasterKey, proofOf, provesKey } from '../../src/protection/master-key.js';
import { Vault } from '../../src/protection/vault.js';
import { createImageKey } from '../../src/storage/image-key.js';
import type { Database } from '../../src/database/database.js';
import { testMasterKey, testVault } from '../support/databases/test-vault.js';
import { announced, enrol } from './repository-suite.js';
import { testOrigin } from '../support/api/test-origin.js';
import { unfinishedBlobs } from '../support/databases/unfinished-blobs.js';

const farFuture = new Date('2100-01-01T00:00:00Z');

async function contentsOf(database: Database, userId: string) {
  const holdings = await database.protection.holdingsOf(userId);
  if (holdings === null) throw new Error(`There is no user ${userId}.`);
  return holdings;
}

/** A database, and a way past the program. */
export interface OpenRaw {
  readonly database: Database;
  /** Runs SQL statements. */
  readonly run: (sql: string) => Promise<unknown>;
  /** Begins the names of the tables. */
  readonly prefix: '' | 'face_';
}

/** What every database must do with keys and pictures that are no longer kept, whatever its dialect. */
export function describeProtection(dialect: string, openRaw: () => Promise<OpenRaw>): void {
  const open = async () => (await openRaw()).database;

  describe(`${dialect}: protection`, () => {
    it('stores templates sealed with the key of their user', async () => {
      const database = await open();
      const { key, template } = await enrol(database, { id: 'ada', seed: 1 });
      const [stored] = (await contentsOf(database, 'ada')).templates;
      expect(stored?.vector).toHaveLength(128 * 4 + 29);
      expect(key.openTemplate(template, stored?.vector ?? new Uint8Array())).toEqual(template.vector);
      const found = await database.protection.keyOf('ada');
      expect(found?.stored).toMatchObject({ userId: 'ada', pseudonym: key.stored.pseudonym });
      expect(found?.openTemplate(template, stored?.vector ?? new Uint8Array())).toEqual(template.vector);
      expect(await database.protection.keyOf('bob')).toBeNull();
      expect(await database.protection.holdingsOf('bob')).toBeNull();
    });

    it('adds no face with a key that is not the user’s own', async () => {
      const database = await open();
      const first = await enrol(database, { id: 'ada', seed: 1 });
      const face = await announced(database, { id: 'ada', seed: 2 });
      await expect(
        database.users.addFace(face.key, [first.template.templateId], face, testOrigin),
      ).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      const other = await announced(database, { id: 'ada', seed: 2, modelId: 'model-b' });
      await expect(database.users.enrolExisting(other.key, other, testOrigin)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      });
      expect((await contentsOf(database, 'ada')).templates).toHaveLength(1);
    });

    it('deletes the key with the user', async () => {
      const database = await open();
      await enrol(database, { id: 'ada' });
      const before = await usersOfKeys(database);
      await database.users.remove('ada', testOrigin);
      expect(await database.protection.keyOf('ada')).toBeNull();
      expect(await usersOfKeys(database)).toBe(before - 1);
    });

    it('protects a user once, with exactly what there is', async () => {
      const raw = await openRaw();
      const { database } = raw;
      const { image, template } = await plainUser(raw, 'ada');
      expect(await database.protection.unprotected({ first: 5 })).toEqual(['ada']);
      expect(await database.protection.unprotected({ first: 5, after: 'ada' })).toEqual([]);
      expect(await database.protection.countUnprotected()).toBe(1);
      expect(await database.users.templatesOf('ada', template.modelId)).toEqual([template]);

      const { sealed, key } = await sealing(database, 'ada');
      const [first] = sealed.images;
      expect(await database.protection.protect({ ...sealed, images: [] })).toBeNull();
      expect(await database.protection.protect({ ...sealed, templates: [] })).toBeNull();
      expect(await database.protection.protect(sealed)).toEqual([image.key]);
      expect(await database.protection.protect(sealed)).toBeNull();

      expect(await database.protection.countUnprotected()).toBe(0);
      expect(await database.users.templatesOf('ada', template.modelId)).toEqual([template]);
      expect((await contentsOf(database, 'ada')).images).toEqual([
        { key: first?.to, mediaType: 'image/jpeg' },
      ]);
      expect((await database.protection.keyOf('ada'))?.stored.pseudonym).toBe(key.stored.pseudonym);
      expect(await unfinishedBlobs(database.blobs)).toEqual([{ key: image.key, state: 'deleting' }]);
      expect((await database.users.remove('ada', testOrigin))?.imageKeys).toEqual([first?.to]);
    });

    it('protects nobody who is gone, nor with a picture that was given up', async () => {
      const raw = await openRaw();
      const { database } = raw;
      await plainUser(raw, 'ada');
      const { sealed } = await sealing(database, 'ada');
      await database.blobs.abandon(sealed.images[0]?.to ?? '');
      await expect(database.protection.protect(sealed)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(await database.protection.countUnprotected()).toBe(1);
      await database.users.remove('ada', testOrigin);
      await expect(database.protection.protect({ ...sealed, images: [], templates: [] })).rejects.toThrow();
      expect(await database.protection.keyOf('ada')).toBeNull();
    });

    it('lets exactly one of many win that protect a user at once', async () => {
      const raw = await openRaw();
      const { database } = raw;
      await plainUser(raw, 'ada');
      const attempts = await Promise.all(Array.from({ length: 6 }, () => sealing(database, 'ada')));
      const outcomes = await Promise.all(
        attempts.map(({ sealed }) => database.protection.protect(sealed).catch(() => null)),
      );
      expect(outcomes.filter((files) => files !== null)).toHaveLength(1);
      expect((await database.protection.keyOf('ada'))?.stored).toBeDefined();
      expect((await contentsOf(database, 'ada')).images).toHaveLength(1);
    });

    it('wraps keys with another master key, and nothing else changes', async () => {
      const database = await open();
      const enrolments = [];
      for (const id of ['ada', 'bob', 'cid']) enrolments.push(await enrol(database, { id }));
      const next = createMasterKey();
      await database.protection.introduce({ id: next.id, proof: proofOf(next) });
      const both = new Vault({ masterKeys: [next, testMasterKey] });

      const [ada, ...others] = await database.protection.keysNotUnder(next.id, { first: 3 });
      expect([ada, ...others].map((stored) => stored?.userId)).toEqual(['ada', 'bob', 'cid']);
      if (ada === undefined) throw new Error('There is no key.');
      const rewrapped = both.unwrap(ada).rewrap(next).stored;
      expect(await database.protection.rewrap(ada, rewrapped)).toBe(true);
      expect(await database.protection.rewrap(ada, rewrapped)).toBe(false);
      expect(await database.protection.keysNotUnder(next.id, { first: 3, after: 'bob' })).toHaveLength(1);
      const left = await database.protection.keysNotUnder(next.id, { first: 3 });
      expect(left.map(({ userId }) => userId)).toEqual(['bob', 'cid']);
      const [row] = (await contentsOf(database, 'ada')).templates;
      if (row === undefined) throw new Error('There is no template.');
      expect(both.openTemplate(row).vector).toEqual(enrolments[0]?.template.vector);
      await expect(database.protection.keyOf('ada')).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        cause: { masterKeyId: next.id },
      });
    });

    it('knows each master key once, and a first one only as the first', async () => {
      const database = await open();
      const other = createMasterKey();
      const introduction = { id: other.id, proof: proofOf(other) };
      expect(await database.protection.introduce(introduction, { onlyFirst: true })).toBe(false);
      expect(await database.protection.introduce(introduction)).toBe(true);
      expect(await database.protection.introduce(introduction, { onlyFirst: true })).toBe(true);
      const inUse = await database.protection.masterKeysInUse();
      expect(inUse.map(({ id, used }) => [id, used])).toEqual(
        (await database.protection.masterKeys()).map(({ id, users }) => [id, users > 0]),
      );
      const known = await database.protection.masterKeys();
      const [found, ...more] = known.filter(({ id }) => id === other.id);
      expect(more).toEqual([]);
      expect(found?.users).toBe(0);
      expect(provesKey(found?.proof ?? new Uint8Array(), other)).toBe(true);
    });
  });

  describe(`${dialect}: retention`, () => {
    it('keeps a template without its picture', async () => {
      const database = await open();
      const enrolment = await announced(database, { id: 'ada' });
      await database.users.enrol({ ...enrolment, image: null }, testOrigin);
      expect(await database.users.templatesOf('ada', enrolment.template.modelId)).toHaveLength(1);
      expect((await contentsOf(database, 'ada')).images).toEqual([]);
      expect(await database.users.remove('ada', testOrigin)).toEqual({ imageKeys: [] });
    });

    it('takes expired pictures away and leaves their templates', async () => {
      const database = await open();
      const { image, template } = await enrol(database, { id: 'ada' });
      expect(await database.blobs.expired(new Date(Date.now() - 60_000), 10)).toEqual([]);
      expect(await database.blobs.expired(farFuture, 10)).toEqual([image.key]);
      expect(await database.blobs.expire(image.key)).toBe(true);
      expect(await database.blobs.expire(image.key)).toBe(false);
      expect(await database.blobs.expired(farFuture, 10)).toEqual([]);
      expect(await unfinishedBlobs(database.blobs)).toEqual([{ key: image.key, state: 'deleting' }]);
      expect(await database.users.templatesOf('ada', template.modelId)).toHaveLength(1);
      expect(await database.missingTemplates.count('model-b')).toBe(0);
      expect(await database.users.remove('ada', testOrigin)).toEqual({ imageKeys: [] });
    });
  });
}

async function usersOfKeys(database: Database): Promise<number> {
  const known = await database.protection.masterKeys();
  return known.reduce((sum, { users }) => sum + users, 0);
}

/** A user as a program without protection left them. */
async function plainUser({ database, run, prefix }: OpenRaw, id: string) {
  const { image, template } = await enrol(database, { id });
  const hex = Buffer.from(encodeVector(template.vector)).toString('hex');
  await run(
    `UPDATE ${prefix}templates SET vector = x'${hex}' WHERE user_id = '${id}'; DELETE FROM ${prefix}user_keys WHERE user_id = '${id}'`,
  );
  return { image, template: { ...template, userId: id } };
}

async function sealing(database: Database, id: string) {
  const { images, templates } = await contentsOf(database, id);
  const key = testVault.createKey(id);
  const replaced = [];
  for (const from of images) {
    const to = createImageKey(from.mediaType);
    await database.blobs.announce(to);
    replaced.push({ from, to });
  }
  const sealed = {
    key: key.stored,
    images: replaced,
    templates: templates.map((row) => ({
      templateId: row.templateId,
      vector: key.sealTemplate(row, testVault.openTemplate(row).vector),
    })),
  };
  return { key, sealed };
}

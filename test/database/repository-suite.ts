import { uuidv7 } from 'uuidv7';
import { describe, expect, it } from 'vitest';
import { hashApiKey } from '../../src/access/api-key.js';
import type { StoredApiKey } from '../../src/access/api-key-repository.js';
import type { Scope } from '../../src/access/principal.js';
import { createImageKey } from '../../src/storage/image-key.js';
import type { Database } from '../../src/database/database.js';
import type { Enrolment } from '../../src/users/user-repository.js';
import type { StoredImage, StoredTemplate } from '../../src/records.js';
import { testVault } from '../support/databases/test-vault.js';
import { unitVector } from '../support/models/unit-vectors.js';
import { testOrigin } from '../support/api/test-origin.js';
import { unfinishedBlobs } from '../support/databases/unfinished-blobs.js';

const MODEL_ID = 'model-a';

export interface EnrolmentOptions {
  readonly id: string;
  readonly seed?: number;
  readonly modelId?: string;
}

/** An enrolment with a picture that is kept. */
export type PicturedEnrolment = Enrolment & { readonly image: StoredImage };

/** An enrolment of one user, its image announced. */
export async function announced(database: Database, options: EnrolmentOptions): Promise<PicturedEnrolment> {
  const image = { key: createImageKey('image/jpeg'), mediaType: 'image/jpeg' } as const;
  await database.blobs.announce(image.key);
  return {
    user: { id: options.id, timestamp: new Date('2026-01-02T03:04:05Z') },
    key: testVault.createKey(options.id),
    image,
    template: {
      templateId: uuidv7(),
      modelId: options.modelId ?? MODEL_ID,
      vector: unitVector(options.seed ?? 1),
    },
  };
}

export async function enrol(database: Database, options: EnrolmentOptions): Promise<PicturedEnrolment> {
  const enrolment = await announced(database, options);
  await database.users.enrol(enrolment, testOrigin);
  return enrolment;
}

async function snapshotOf(database: Database): Promise<{ revision: number; templates: StoredTemplate[] }> {
  const templates: StoredTemplate[] = [];
  const revision = await database.gallery.snapshot(MODEL_ID, (batch) => {
    templates.push(...batch);
    return Promise.resolve();
  });
  return { revision, templates };
}

/**
 * What every database must do, whatever its dialect.
 * @param open gives a new, empty database that is closed after the running test.
 */
export function describeRepository(dialect: string, open: () => Promise<Database>): void {
  describe(`${dialect}: API keys`, () => {
    const key = (id: string): Omit<StoredApiKey, 'revokedAt'> => ({
      id,
      name: 'gate-3',
      hash: hashApiKey(id),
      scopes: new Set<Scope>(['verify', 'read']),
      createdAt: new Date('2026-01-02T03:04:05Z'),
      expiresAt: new Date('2100-01-02T03:04:05Z'),
    });
    const plain = (stored: StoredApiKey | null) => stored && { ...stored, hash: Buffer.from(stored.hash) };

    it('are found by their exact id, whole', async () => {
      const database = await open();
      const forGood = { ...key('00000000000000bb'), expiresAt: null };
      await database.apiKeys.add(key('00000000000000aa'));
      await database.apiKeys.add(forGood);
      expect(plain(await database.apiKeys.find('00000000000000aa'))).toEqual({
        ...key('00000000000000aa'),
        revokedAt: null,
      });
      expect(plain(await database.apiKeys.find('00000000000000bb'))).toEqual({ ...forGood, revokedAt: null });
      for (const id of ['00000000000000AA', '00000000000000aa ', '', '%'])
        expect(await database.apiKeys.find(id)).toBeNull();
    });

    it('are listed from the oldest on, and never less for being revoked', async () => {
      const database = await open();
      expect(await database.apiKeys.any()).toBe(false);
      expect(await database.apiKeys.list()).toEqual([]);
      await database.apiKeys.add({ ...key('1'), createdAt: new Date('2026-01-03T00:00:00Z') });
      await database.apiKeys.add(key('3'));
      await database.apiKeys.add(key('2'));
      for (const id of ['1', '2', '3']) await database.apiKeys.revoke(id, new Date());
      expect((await database.apiKeys.list()).map(({ id }) => id)).toEqual(['2', '3', '1']);
      expect(await database.apiKeys.any()).toBe(true);
    });

    it('keep the time at which they were first revoked', async () => {
      const database = await open();
      await database.apiKeys.add(key('1'));
      await database.apiKeys.add(key('2'));
      const first = new Date('2026-02-03T04:05:06Z');
      expect(await database.apiKeys.revoke('1', first)).toBe(true);
      expect(await database.apiKeys.revoke('1', new Date('2026-03-03T00:00:00Z'))).toBe(true);
      expect(await database.apiKeys.revoke('nobody', first)).toBe(false);
      expect((await database.apiKeys.find('1'))?.revokedAt).toEqual(first);
      expect((await database.apiKeys.find('2'))?.revokedAt).toBeNull();
    });

    it('of one id cannot be stored twice', async () => {
      const database = await open();
      await database.apiKeys.add(key('1'));
      await expect(
        database.apiKeys.add({ ...key('1'), scopes: new Set<Scope>(['admin']) }),
      ).rejects.toThrow();
      expect((await database.apiKeys.find('1'))?.scopes).toEqual(new Set(['verify', 'read']));
    });
  });

  describe(`${dialect}: users`, () => {
    it('finds what was enrolled, whole', async () => {
      const database = await open();
      const { user, template } = await enrol(database, { id: 'ada' });

      expect(await database.users.find('ada')).toEqual(user);
      expect(await database.users.templatesOf('ada', MODEL_ID)).toEqual([{ ...template, userId: 'ada' }]);
      expect(await database.users.templatesOf('ada', 'model-b')).toEqual([]);
    });

    it('knows nobody at first', async () => {
      const database = await open();
      expect(await database.users.find('ada')).toBeNull();
      expect(await database.users.list({ first: 10 })).toEqual([]);
      expect(await database.users.templatesOf('ada', MODEL_ID)).toEqual([]);
      expect(await database.users.remove('ada', testOrigin)).toBeNull();
    });

    it.each([
      ['letter case', 'Bob', 'bob'],
      ['composed and decomposed accents', '\u00e9', 'e\u0301'],
      ['a space at the end', 'ann', 'ann '],
      ['a space at the start', 'ann', ' ann'],
      ['accents', 'jose', 'jos\u00e9'],
      ['sharp s', 'stra\u00dfe', 'strasse'],
      ['width', 'A', '\uff21'],
      ['emoji', '\u{1f600}', '\u{1f601}'],
      ['emoji with and without skin tone', '\u{1f44d}', '\u{1f44d}\u{1f3fd}'],
      ['a character beyond the basic plane', '\u{20000}', '\u{20001}'],
      ['ignorable characters', 'eve', 'e\u200dve'],
      ['pattern characters', '%', '_'],
      ['numbers as text', '1', '01'],
    ])('keeps ids apart that differ in %s', async (_, one, other) => {
      const database = await open();
      const first = await enrol(database, { id: one, seed: 1 });
      expect(await database.users.find(other)).toBeNull();
      const second = await enrol(database, { id: other, seed: 2 });

      expect((await database.users.find(one))?.id).toBe(one);
      expect((await database.users.find(other))?.id).toBe(other);
      expect(await database.users.templatesOf(one, MODEL_ID)).toEqual([{ ...first.template, userId: one }]);
      await database.users.remove(one, testOrigin);
      expect(await database.users.templatesOf(other, MODEL_ID)).toEqual([
        { ...second.template, userId: other },
      ]);
    });

    it.each([
      ['255 letters', 'x'.repeat(255)],
      ['255 emoji', '\u{1f600}'.repeat(255)],
      ['a quote', 'o\'hara"; drop table users; --'],
      ['a backslash', 'a\\b'],
    ])('keeps %s as they are', async (_, id) => {
      const database = await open();
      await enrol(database, { id });
      expect((await database.users.find(id))?.id).toBe(id);
    });

    it('refuses an id that is taken and leaves nothing of the second enrolment', async () => {
      const database = await open();
      const first = await enrol(database, { id: 'ada', seed: 1 });
      const revision = await database.gallery.revision();
      const second = await announced(database, { id: 'ada', seed: 2 });

      await expect(database.users.enrol(second, testOrigin)).rejects.toMatchObject({ code: 'USER_EXISTS' });

      expect(await database.users.templatesOf('ada', MODEL_ID)).toEqual([
        { ...first.template, userId: 'ada' },
      ]);
      expect(await database.gallery.revision()).toBe(revision);
      expect(await unfinishedBlobs(database.blobs)).toEqual([{ key: second.image.key, state: 'pending' }]);
    });

    it('lets exactly one of many concurrent enrolments of an id win', async () => {
      const database = await open();
      const contenders = await Promise.all(
        Array.from({ length: 20 }, (_, seed) => announced(database, { id: 'ada', seed })),
      );

      const outcomes = await Promise.allSettled(
        contenders.map((contender) => database.users.enrol(contender, testOrigin)),
      );

      const winners = contenders.filter((_, place) => outcomes[place]?.status === 'fulfilled');
      expect(winners).toHaveLength(1);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'USER_EXISTS' });
      expect((await snapshotOf(database)).templates).toEqual(
        winners.map(({ template }) => ({ ...template, userId: 'ada' })),
      );
      expect(await unfinishedBlobs(database.blobs)).toHaveLength(19);
    });

    it('gives a registered user without a template of the model a face, and keeps the timestamp', async () => {
      const database = await open();
      const { user, key, image } = await enrol(database, { id: 'ada', modelId: 'model-b' });
      const face = await announced(database, { id: 'ada', seed: 2 });

      await database.users.enrolExisting(key, face, testOrigin);

      expect(await database.users.find('ada')).toEqual(user);
      expect(await database.users.templatesOf('ada', MODEL_ID)).toEqual([
        { ...face.template, userId: 'ada' },
      ]);
      expect(await database.users.templatesOf('ada', 'model-b')).toHaveLength(1);
      expect(await unfinishedBlobs(database.blobs)).toEqual([]);
      expect(await snapshotOf(database)).toEqual({
        revision: 2,
        templates: [{ ...face.template, userId: 'ada' }],
      });
      const removed = await database.users.remove('ada', testOrigin);
      expect(removed?.imageKeys.sort()).toEqual([image.key, face.image.key].sort());
    });

    it('gives no face to nobody, nor to somebody who has one', async () => {
      const database = await open();
      const stranger = await announced(database, { id: 'bob' });
      await expect(database.users.enrolExisting(stranger.key, stranger, testOrigin)).rejects.toMatchObject({
        code: 'USER_NOT_FOUND',
      });
      const first = await enrol(database, { id: 'ada', seed: 1 });
      const second = await announced(database, { id: 'ada', seed: 2 });
      await expect(database.users.enrolExisting(first.key, second, testOrigin)).rejects.toMatchObject({
        code: 'USER_EXISTS',
      });

      expect(await database.users.find('bob')).toBeNull();
      expect((await snapshotOf(database)).templates).toEqual([{ ...first.template, userId: 'ada' }]);
      expect(await unfinishedBlobs(database.blobs)).toHaveLength(2);
    });

    it('lets exactly one of many concurrent first faces of a user win', async () => {
      const database = await open();
      const { key } = await enrol(database, { id: 'ada', modelId: 'model-b' });
      const faces = await Promise.all(
        Array.from({ length: 12 }, (_, seed) => announced(database, { id: 'ada', seed })),
      );
      const outcomes = await Promise.allSettled(
        faces.map((face) => database.users.enrolExisting(key, face, testOrigin)),
      );

      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'USER_EXISTS' });
      expect(await database.users.templatesOf('ada', MODEL_ID)).toHaveLength(1);
    });

    it('enrols several faces of a user together, in one revision', async () => {
      const database = await open();
      const enrolment = await announced(database, { id: 'ada', seed: 1 });
      const further = await announced(database, { id: 'ada', seed: 2 });

      await database.users.enrol({ ...enrolment, moreFaces: [further] }, testOrigin);

      const both = [enrolment, further].map(({ template }) => ({ ...template, userId: 'ada' }));
      expect(await database.users.templatesOf('ada', MODEL_ID)).toEqual(both);
      expect(await snapshotOf(database)).toEqual({ revision: 1, templates: both });
      expect(await database.gallery.changesSince(0, MODEL_ID, 100)).toEqual({
        revision: 1,
        changes: both.map((template) => ({ op: 'add', template })),
      });
      expect(await unfinishedBlobs(database.blobs)).toEqual([]);
      const removed = await database.users.remove('ada', testOrigin);
      expect(removed?.imageKeys.sort()).toEqual([enrolment.image.key, further.image.key].sort());
      expect((await snapshotOf(database)).templates).toEqual([]);
    });

    it('enrols several faces of a user or none', async () => {
      const database = await open();
      const enrolment = await announced(database, { id: 'ada', seed: 1 });
      const further = await announced(database, { id: 'ada', seed: 2 });
      await database.blobs.abandon(further.image.key);

      await expect(
        database.users.enrol({ ...enrolment, moreFaces: [further] }, testOrigin),
      ).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      });

      expect(await database.users.find('ada')).toBeNull();
      expect(await snapshotOf(database)).toEqual({ revision: 0, templates: [] });
      expect(await unfinishedBlobs(database.blobs)).toContainEqual({
        key: enrolment.image.key,
        state: 'pending',
      });
    });

    it('adds a face beside those a user is taken to have', async () => {
      const database = await open();
      const first = await enrol(database, { id: 'ada', seed: 1 });
      const other = await announced(database, { id: 'ada', seed: 3, modelId: 'model-b' });
      await database.users.enrolExisting(first.key, other, testOrigin);
      const second = await announced(database, { id: 'ada', seed: 2 });

      expect(await database.users.addFace(first.key, [first.template.templateId], second, testOrigin)).toBe(
        true,
      );

      const both = [first, second].map(({ template }) => ({ ...template, userId: 'ada' }));
      expect(await database.users.templatesOf('ada', MODEL_ID)).toEqual(both);
      expect((await snapshotOf(database)).templates).toEqual(both);
      expect(await unfinishedBlobs(database.blobs)).toEqual([]);
      const removed = await database.users.remove('ada', testOrigin);
      expect(removed?.imageKeys).toHaveLength(3);
    });

    it('adds no face when the user has others by now, is somebody else, or is gone', async () => {
      const database = await open();
      const before = await enrol(database, { id: 'ada', seed: 1 });
      await database.users.remove('ada', testOrigin);
      const face = await announced(database, { id: 'ada', seed: 2 });
      const known = before.template.templateId;

      expect(await database.users.addFace(before.key, [known], face, testOrigin)).toBe(false);
      expect(await database.users.addFace(before.key, [], face, testOrigin)).toBe(false);
      const anew = await enrol(database, { id: 'ada', seed: 3 });
      expect(await database.users.addFace(anew.key, [known], face, testOrigin)).toBe(false);
      expect(await database.users.addFace(anew.key, [], face, testOrigin)).toBe(false);
      expect(
        await database.users.addFace(anew.key, [anew.template.templateId, known], face, testOrigin),
      ).toBe(false);

      expect(await database.users.templatesOf('ada', MODEL_ID)).toEqual([
        { ...anew.template, userId: 'ada' },
      ]);
      expect(await unfinishedBlobs(database.blobs)).toContainEqual({
        key: face.image.key,
        state: 'pending',
      });
    });

    it('lets exactly one of many faces win that are added at once', async () => {
      const database = await open();
      const first = await enrol(database, { id: 'ada', seed: 0 });
      const faces = await Promise.all(
        Array.from({ length: 12 }, (_, seed) => announced(database, { id: 'ada', seed: seed + 1 })),
      );
      const added = await Promise.all(
        faces.map((face) => database.users.addFace(first.key, [first.template.templateId], face, testOrigin)),
      );
      expect(added.filter(Boolean)).toHaveLength(1);
      expect(await database.users.templatesOf('ada', MODEL_ID)).toHaveLength(2);
    });

    it('enrols many at once', async () => {
      const database = await open();
      const ids = Array.from({ length: 50 }, (_, number) => `user-${number}`);
      await Promise.all(ids.map((id, seed) => enrol(database, { id, seed })));
      expect((await database.users.list({ first: 100 })).map(({ id }) => id).sort()).toEqual(ids.sort());
      expect(await database.gallery.revision()).toBe(50);
    });

    it('refuses an enrolment whose image was given up meanwhile', async () => {
      const database = await open();
      const enrolment = await announced(database, { id: 'ada' });
      await database.blobs.abandon(enrolment.image.key);

      await expect(database.users.enrol(enrolment, testOrigin)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      });
      expect(await database.users.find('ada')).toBeNull();
      expect(await database.gallery.revision()).toBe(0);
    });

    it('removes a user with templates and image, and frees the id', async () => {
      const database = await open();
      const { image } = await enrol(database, { id: 'ada', seed: 1 });
      const other = await enrol(database, { id: 'bob', seed: 2 });

      expect(await database.users.remove('ada', testOrigin)).toEqual({ imageKeys: [image.key] });

      expect(await database.users.find('ada')).toBeNull();
      expect(await database.users.templatesOf('ada', MODEL_ID)).toEqual([]);
      expect(await database.users.remove('ada', testOrigin)).toBeNull();
      expect((await snapshotOf(database)).templates).toEqual([{ ...other.template, userId: 'bob' }]);
      expect(await unfinishedBlobs(database.blobs, new Date(0))).toEqual([
        { key: image.key, state: 'deleting' },
      ]);
      await enrol(database, { id: 'ada', seed: 3 });
      expect((await database.users.find('ada'))?.id).toBe('ada');
    });

    it('lets exactly one of many concurrent removals find the user', async () => {
      const database = await open();
      await enrol(database, { id: 'ada' });
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, () => database.users.remove('ada', testOrigin)),
      );
      expect(outcomes.filter((outcome) => outcome !== null)).toHaveLength(1);
    });

    it('pages by the bytes of the id', async () => {
      const database = await open();
      const ids = ['', '0', 'Z', 'a', 'ab', 'b', '\u00e9', '\uffee', '\u{1f600}'].filter((id) => id !== '');
      for (const [seed, id] of ids.toReversed().entries()) await enrol(database, { id, seed });

      const paged: string[] = [];
      for (;;) {
        const after = paged.at(-1);
        const page = await database.users.list({ first: 3, ...(after !== undefined && { after }) });
        paged.push(...page.map(({ id }) => id));
        if (page.length < 3) break;
      }

      expect(paged).toEqual(ids);
      expect(await database.users.list({ first: 1, after: 'aa' })).toMatchObject([{ id: 'ab' }]);
    });
  });

  describe(`${dialect}: audit`, () => {
    it('lists blobs by key, with their state and whether a user has them', async () => {
      const database = await open();
      const keys = Array.from({ length: 5 }, () => createImageKey('image/jpeg')).sort();
      for (const key of keys) await database.blobs.announce(key);
      await database.blobs.abandon(keys[1] ?? '');
      const { image } = await enrol(database, { id: 'ada' });

      const first = await database.consistency.blobs({ first: 4, after: '' });
      const rest = await database.consistency.blobs({ first: 4, after: first.at(-1)?.key ?? '' });
      expect([...first, ...rest].map(({ key }) => key)).toEqual([...keys, image.key].sort());
      expect(await database.consistency.blob(image.key)).toMatchObject({ state: 'live', referenced: true });
      expect(await database.consistency.blob(keys[0] ?? '')).toMatchObject({
        state: 'pending',
        referenced: false,
      });
      expect(await database.consistency.blob(keys[1] ?? '')).toMatchObject({
        state: 'deleting',
        referenced: false,
      });
      expect(await database.consistency.blob(createImageKey('image/jpeg'))).toBeNull();
      expect(await database.consistency.knows(keys[0] ?? '')).toBe(true);
      expect(await database.consistency.knows(createImageKey('image/jpeg'))).toBe(false);
    });

    it('changes the state of a blob only from the one it was said to be in', async () => {
      const database = await open();
      const key = createImageKey('image/jpeg');
      await database.blobs.announce(key);
      expect(await database.consistency.changeState(key, 'live', 'deleting')).toBe(false);
      expect(await database.consistency.changeState(key, 'pending', 'live')).toBe(true);
      expect(await database.consistency.blob(key)).toMatchObject({ state: 'live' });
    });

    it('counts users without a template of a model, and finds nothing wrong with a sound database', async () => {
      const database = await open();
      const { template } = await enrol(database, { id: 'ada', seed: 1 });
      await enrol(database, { id: 'bob', seed: 2, modelId: 'model-b' });
      await enrol(database, { id: 'cid', seed: 3, modelId: 'model-b' });
      expect(await database.consistency.countWithoutTemplate(MODEL_ID)).toBe(2);
      expect(await database.consistency.countWithoutTemplate('model-b')).toBe(1);
      expect(await database.consistency.damage()).toEqual([]);
      expect(await database.consistency.strays()).toEqual({ templateIds: [], imageKeys: [], keyOwners: [] });

      const revision = await database.gallery.revision();
      await database.consistency.removeStrays({
        templateIds: [template.templateId],
        imageKeys: [],
        keyOwners: ['ada'],
      });
      expect(await database.users.templatesOf('ada', MODEL_ID)).toHaveLength(1);
      expect(await database.gallery.revision()).toBe(revision);
    });
  });

  describe(`${dialect}: missing templates`, () => {
    const other = 'model-b';
    const made = (seed: number) => ({ templateId: uuidv7(), modelId: other, vector: unitVector(seed, 96) });

    it('are those of pictures without a template of the model, in pages by key', async () => {
      const database = await open();
      const { missingTemplates } = database;
      const enrolled = [];
      for (let seed = 0; seed < 5; seed += 1)
        enrolled.push(await enrol(database, { id: `user-${seed}`, seed }));
      await enrol(database, { id: 'newer', modelId: other });
      const expected = enrolled
        .map(({ user, image }) => ({ userId: user.id, key: image.key }))
        .sort((a, b) => (a.key < b.key ? -1 : 1));

      expect(await missingTemplates.count(other)).toBe(5);
      expect(await missingTemplates.count(MODEL_ID)).toBe(1);
      const first = await missingTemplates.page({ modelId: other, first: 2 });
      expect(first).toEqual(expected.slice(0, 2));
      const after = first[1]?.key ?? '';
      expect(await missingTemplates.page({ modelId: other, first: 9, after })).toEqual(expected.slice(2));
      expect(await missingTemplates.page({ modelId: other, userId: 'user-3', first: 9 })).toEqual(
        expected.filter(({ userId }) => userId === 'user-3'),
      );
    });

    it('are added with their gallery change, beside those of the other model', async () => {
      const database = await open();
      const { template: old } = await enrol(database, { id: 'ada', seed: 1 });
      const [image] = await database.missingTemplates.page({ modelId: other, first: 1 });
      if (!image) throw new Error('No picture was missing its template.');
      const template = made(2);

      expect(await database.missingTemplates.add(image, template)).toBe(true);

      expect(await database.missingTemplates.count(other)).toBe(0);
      expect(await database.users.templatesOf('ada', other)).toEqual([{ ...template, userId: 'ada' }]);
      expect(await database.users.templatesOf('ada', MODEL_ID)).toEqual([{ ...old, userId: 'ada' }]);
      expect(await database.gallery.changesSince(1, other, 100)).toEqual({
        revision: 2,
        changes: [{ op: 'add', template: { ...template, userId: 'ada' } }],
      });
      expect((await database.gallery.changesSince(1, MODEL_ID, 100))?.changes).toEqual([]);
      expect(await database.users.remove('ada', testOrigin)).toEqual({ imageKeys: [image.key] });
      expect(await database.users.templatesOf('ada', other)).toEqual([]);
    });

    it('are added once, by whoever comes first', async () => {
      const database = await open();
      await enrol(database, { id: 'ada' });
      const [image] = await database.missingTemplates.page({ modelId: other, first: 1 });
      if (!image) throw new Error('No picture was missing its template.');
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, seed) => database.missingTemplates.add(image, made(seed))),
      );
      expect(outcomes.filter((added) => added)).toHaveLength(1);
      expect(await database.users.templatesOf('ada', other)).toHaveLength(1);
      expect(await database.gallery.revision()).toBe(2);
    });

    it('are not added to a picture that is gone, or to one of somebody else', async () => {
      const database = await open();
      await enrol(database, { id: 'ada' });
      await enrol(database, { id: 'bob' });
      const [image] = await database.missingTemplates.page({ modelId: other, userId: 'ada', first: 1 });
      if (!image) throw new Error('No picture was missing its template.');

      expect(await database.missingTemplates.add({ ...image, userId: 'bob' }, made(1))).toBe(false);
      await database.users.remove('ada', testOrigin);
      expect(await database.missingTemplates.add(image, made(1))).toBe(false);
      await enrol(database, { id: 'ada', seed: 2 });
      expect(await database.missingTemplates.add(image, made(1))).toBe(false);
      expect(await database.users.templatesOf('ada', other)).toEqual([]);
    });

    it('leave nothing behind when additions and deletions run at once', async () => {
      const database = await open();
      const ids = Array.from({ length: 12 }, (_, number) => `user-${number}`);
      await Promise.all(ids.map((id, seed) => enrol(database, { id, seed })));
      const images = await database.missingTemplates.page({ modelId: other, first: 100 });
      await Promise.all([
        ...images.map((image, seed) => database.missingTemplates.add(image, made(seed))),
        ...ids.map((id) => database.users.remove(id, testOrigin)),
      ]);
      expect(await database.consistency.strays()).toEqual({ templateIds: [], imageKeys: [], keyOwners: [] });
      for (const id of ids) expect(await database.users.templatesOf(id, other)).toEqual([]);
    });
  });

  describe(`${dialect}: blob journal`, () => {
    it('tells pending intents by their age, deleting ones always', async () => {
      const database = await open();
      const pending = createImageKey('image/png');
      const deleting = createImageKey('image/png');
      await database.blobs.announce(pending);
      await database.blobs.announce(deleting);
      expect(await database.blobs.abandon(deleting)).toBe(true);

      expect(await unfinishedBlobs(database.blobs, new Date(Date.now() - 60_000))).toEqual([
        { key: deleting, state: 'deleting' },
      ]);
      expect(await unfinishedBlobs(database.blobs, new Date(Date.now() + 60_000))).toHaveLength(2);
    });

    it('abandons only what is pending', async () => {
      const database = await open();
      const { image } = await enrol(database, { id: 'ada' });
      expect(await database.blobs.abandon(image.key)).toBe(false);
      expect(await database.blobs.abandon(createImageKey('image/png'))).toBe(false);
      expect(await unfinishedBlobs(database.blobs)).toEqual([]);
    });

    it('forgets only what is being deleted', async () => {
      const database = await open();
      const key = createImageKey('image/png');
      await database.blobs.announce(key);
      expect(await database.blobs.forget(key)).toBe(false);
      expect(await unfinishedBlobs(database.blobs)).toEqual([{ key, state: 'pending' }]);
      await database.blobs.abandon(key);
      expect(await database.blobs.forget(key)).toBe(true);
      expect(await database.blobs.forget(key)).toBe(false);
      expect(await unfinishedBlobs(database.blobs)).toEqual([]);
    });

    it('keeps the intent of a file announced too recently', async () => {
      const database = await open();
      const key = createImageKey('image/png');
      await database.blobs.announce(key);
      await database.blobs.abandon(key);
      expect(await database.blobs.forget(key, 60)).toBe(false);
      expect(await unfinishedBlobs(database.blobs)).toEqual([{ key, state: 'deleting' }]);
      expect(await database.blobs.forget(key, 0)).toBe(true);
      expect(await unfinishedBlobs(database.blobs)).toEqual([]);
    });

    it('never announces a key twice', async () => {
      const database = await open();
      const key = createImageKey('image/png');
      await database.blobs.announce(key);
      await expect(database.blobs.announce(key)).rejects.toThrow();
    });

    it('lets either the enrolment or the sweeper have a pending image', async () => {
      const database = await open();
      for (let seed = 0; seed < 10; seed += 1) {
        const enrolment = await announced(database, { id: `user-${seed}`, seed });
        const [enrolled, abandoned] = await Promise.allSettled([
          database.users.enrol(enrolment, testOrigin),
          database.blobs.abandon(enrolment.image.key),
        ]);
        expect(abandoned).toEqual({ status: 'fulfilled', value: enrolled.status === 'rejected' });
      }
    });
  });

  describe(`${dialect}: gallery log`, () => {
    it('starts at revision 0 with nothing', async () => {
      const database = await open();
      expect(await database.gallery.revision()).toBe(0);
      expect(await snapshotOf(database)).toEqual({ revision: 0, templates: [] });
      expect(await database.gallery.changesSince(0, MODEL_ID, 100)).toEqual({ revision: 0, changes: [] });
    });

    it('counts every change and tells what is newer, oldest first', async () => {
      const database = await open();
      const ada = await enrol(database, { id: 'ada', seed: 1 });
      const bob = await enrol(database, { id: 'bob', seed: 2 });
      await database.users.remove('ada', testOrigin);

      expect(await database.gallery.changesSince(1, MODEL_ID, 100)).toEqual({
        revision: 3,
        changes: [
          { op: 'add', template: { ...bob.template, userId: 'bob' } },
          { op: 'remove', templateId: ada.template.templateId },
        ],
      });
      expect(await database.gallery.changesSince(3, MODEL_ID, 100)).toEqual({ revision: 3, changes: [] });
    });

    it('tells nothing of other models', async () => {
      const database = await open();
      await enrol(database, { id: 'ada', modelId: 'model-b' });
      expect(await database.gallery.changesSince(0, MODEL_ID, 100)).toEqual({ revision: 1, changes: [] });
      expect((await snapshotOf(database)).templates).toEqual([]);
    });

    it('asks for a reload when the changes are no longer kept', async () => {
      const database = await open();
      await enrol(database, { id: 'ada', seed: 1 });
      await enrol(database, { id: 'bob', seed: 2 });
      await database.gallery.forgetChanges(new Date(Date.now() - 60_000), 100);
      expect((await database.gallery.changesSince(0, MODEL_ID, 100))?.changes).toHaveLength(2);

      await database.gallery.forgetChanges(new Date(Date.now() + 60_000), 100);
      expect(await database.gallery.changesSince(0, MODEL_ID, 100)).toBeNull();
      expect(await database.gallery.changesSince(2, MODEL_ID, 100)).toEqual({ revision: 2, changes: [] });

      const eve = await enrol(database, { id: 'eve', seed: 3 });
      expect(await database.gallery.changesSince(1, MODEL_ID, 100)).toBeNull();
      expect(await database.gallery.changesSince(2, MODEL_ID, 100)).toEqual({
        revision: 3,
        changes: [{ op: 'add', template: { ...eve.template, userId: 'eve' } }],
      });
    });

    it('asks for a reload when the cursor is newer than the database', async () => {
      const database = await open();
      expect(await database.gallery.changesSince(7, MODEL_ID, 100)).toBeNull();
    });

    it('takes a snapshot that later writes do not change', async () => {
      const database = await open();
      for (let seed = 0; seed < 5; seed += 1) await enrol(database, { id: `user-${seed}`, seed });

      const held: StoredTemplate[] = [];
      const revision = await database.gallery.snapshot(MODEL_ID, async (batch) => {
        await enrol(database, { id: `late-${held.length}`, seed: 100 });
        await database.users.remove('user-0', testOrigin);
        held.push(...batch);
      });

      expect(revision).toBe(5);
      expect(held.map(({ userId }) => userId).sort()).toEqual([0, 1, 2, 3, 4].map((n) => `user-${n}`));
      expect((await database.gallery.changesSince(revision, MODEL_ID, 100))?.changes).toHaveLength(2);
    });

    it('rejects a snapshot whose receiver fails, and stays usable', async () => {
      const database = await open();
      await enrol(database, { id: 'ada' });
      await expect(
        database.gallery.snapshot(MODEL_ID, () => Promise.reject(new Error('receiver failed'))),
      ).rejects.toThrow('receiver failed');
      expect((await snapshotOf(database)).templates).toHaveLength(1);
    });

    it('are read in pages that divide no revision', async () => {
      const database = await open();
      for (const [seed, id] of ['ada', 'bob', 'cid'].entries()) {
        const enrolment = await announced(database, { id, seed });
        const more = await announced(database, { id, seed: seed + 10 });
        await database.users.enrol(
          { ...enrolment, moreFaces: [{ image: more.image, template: more.template }] },
          testOrigin,
        );
      }
      const pages: number[][] = [];
      for (let cursor = 0; cursor < 3;) {
        const news = await database.gallery.changesSince(cursor, MODEL_ID, 3);
        if (news === null) throw new Error('The changes are gone.');
        pages.push([news.revision, news.changes.length]);
        cursor = news.revision;
      }
      expect(pages).toEqual([
        [1, 2],
        [2, 2],
        [3, 2],
      ]);
      // A page that holds less than one revision cannot be used: the gallery is loaded again.
      expect(await database.gallery.changesSince(0, MODEL_ID, 2)).toBeNull();
    });

    it('lets a follower keep an exact copy through concurrent writes', async () => {
      const database = await open();
      for (let seed = 0; seed < 5; seed += 1) await enrol(database, { id: `old-${seed}`, seed });
      const { revision, templates } = await snapshotOf(database);
      const copy = new Map(templates.map(({ templateId, userId }) => [templateId, userId]));

      let cursor = revision;
      const state = { writing: true };
      const writers = Promise.all(
        Array.from({ length: 4 }, async (_, writer) => {
          for (let round = 0; round < 6; round += 1) {
            await enrol(database, { id: `new-${writer}-${round}`, seed: round });
            if (round % 2 === 0) await database.users.remove(`new-${writer}-${round}`, testOrigin);
          }
        }),
      ).finally(() => {
        state.writing = false;
      });
      const follow = async () => {
        const news = await database.gallery.changesSince(cursor, MODEL_ID, 100);
        if (!news) throw new Error('The log lost changes.');
        expect(news.revision).toBeGreaterThanOrEqual(cursor);
        for (const change of news.changes)
          if (change.op === 'add') copy.set(change.template.templateId, change.template.userId);
          else copy.delete(change.templateId);
        cursor = news.revision;
      };
      while (state.writing) await follow();
      await writers;
      await follow();

      const now = await snapshotOf(database);
      expect(cursor).toBe(now.revision);
      expect([...copy].sort()).toEqual(
        now.templates.map(({ templateId, userId }) => [templateId, userId]).sort(),
      );
      expect(copy.size).toBe(5 + 4 * 3);
    });
  });

  describe(`${dialect}: database`, () => {
    it('answers a ping until it is closed', async () => {
      const database = await open();
      await expect(database.ping()).resolves.toBeUndefined();
      await database.close();
      await expect(database.ping()).rejects.toThrow();
    });

    it('shows every acknowledged write to the next read', async () => {
      const database = await open();
      for (let round = 0; round < 20; round += 1) {
        await enrol(database, { id: 'ada', seed: round });
        expect(await database.users.find('ada')).not.toBeNull();
        expect(await database.gallery.revision()).toBe(2 * round + 1);
        await database.users.remove('ada', testOrigin);
        expect(await database.users.find('ada')).toBeNull();
      }
    });

    it('names no id and no template in its errors', async () => {
      const database = await open();
      const enrolment = await enrol(database, { id: 'very-private-id' });
      const again = await announced(database, { id: 'another-private-id' });
      const failure: unknown = await database.users
        .enrol(
          { ...again, template: { ...again.template, templateId: enrolment.template.templateId } },
          testOrigin,
        )
        .catch((error: unknown) => error);

      expect(failure).toBeInstanceOf(Error);
      const described = [failure, failure instanceof Error ? failure.cause : null].map((error) =>
        error instanceof Error ? `${error.message} ${error.stack ?? ''} ${JSON.stringify(error)}` : '',
      );
      expect(described.join()).not.toContain('private-id');
      expect(described.join()).not.toContain(enrolment.template.templateId);
    });
  });
}

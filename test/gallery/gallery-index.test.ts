import { expect, test } from 'vitest';
import { GalleryIndex } from '../../src/gallery/gallery-index.js';
import { cosine } from '../support/models/cosine.js';
import { unitVector } from '../support/models/unit-vectors.js';

const DIMENSION = 128;

function create(): Promise<GalleryIndex> {
  return GalleryIndex.create(DIMENSION, 1);
}

function add(index: GalleryIndex, templateId: string, userId: string, vector: Float32Array): void {
  index.add({ templateIds: [templateId], userIds: [userId], vectors: vector });
}

test('an empty gallery recognises nobody', async () => {
  const index = await create();
  expect(await index.bestOther(unitVector(1), 'anybody')).toBeNull();
  expect(index.size).toBe(0);
});

test('the search agrees with comparing every template one by one', async () => {
  const index = await create();
  const templates = Array.from({ length: 500 }, (_, seed) => unitVector(seed));
  for (const [place, vector] of templates.entries()) add(index, `t${place}`, `user${place % 97}`, vector);
  for (const seed of [1000, 1001, 1002, 1003]) {
    const probe = unitVector(seed);
    const claimed = `user${seed % 97}`;
    const expected = templates
      .map((vector, place) => ({ userId: `user${place % 97}`, score: cosine(vector, probe) }))
      .filter(({ userId }) => userId !== claimed)
      .reduce((best, candidate) => (candidate.score > best.score ? candidate : best));
    const found = await index.bestOther(probe, claimed);
    expect(found?.userId).toBe(expected.userId);
    expect(found?.score).toBeCloseTo(expected.score, 5);
  }
});

test('all templates of the claimed user are passed over, however many and however close', async () => {
  const index = await create();
  const probe = unitVector(7);
  for (let copy = 0; copy < 20; copy += 1) add(index, `own${copy}`, 'ann', probe);
  add(index, 'other', 'bob', unitVector(8));
  const found = await index.bestOther(probe, 'ann');
  expect(found).toMatchObject({ userId: 'bob' });
  expect((await index.bestOther(probe, 'bob'))?.score).toBeCloseTo(1, 5);
});

test('somebody enrolled alone has no rival', async () => {
  const index = await create();
  add(index, 'own', 'ann', unitVector(7));
  expect(await index.bestOther(unitVector(7), 'ann')).toBeNull();
});

test('a removed template is never found again, and the others still are', async () => {
  const index = await create();
  for (let seed = 0; seed < 50; seed += 1) add(index, `t${seed}`, `user${seed}`, unitVector(seed));
  for (let seed = 0; seed < 50; seed += 2) index.remove(`t${seed}`);
  expect(index.size).toBe(25);
  for (let seed = 0; seed < 50; seed += 1) {
    const found = await index.bestOther(unitVector(seed), 'nobody');
    if (seed % 2 === 1) expect(found).toMatchObject({ userId: `user${seed}` });
    else expect(found?.userId).not.toBe(`user${seed}`);
  }
});

test('adding twice and removing what is unknown change nothing', async () => {
  const index = await create();
  add(index, 't', 'ann', unitVector(1));
  add(index, 't', 'ann', unitVector(1));
  index.remove('unknown');
  expect(index.size).toBe(1);
});

test('a batch is the same as its templates one by one', async () => {
  const [batched, single] = [await create(), await create()];
  const templates = Array.from({ length: 300 }, (_, seed) => unitVector(seed));
  const templateIds = templates.map((_, place) => `t${place}`);
  const userIds = templates.map((_, place) => `user${place}`);
  add(batched, 't7', 'user7', unitVector(7));
  batched.add({
    templateIds,
    userIds,
    vectors: Float32Array.from(templates.flatMap((vector) => [...vector])),
  });
  for (const [place, vector] of templates.entries()) add(single, `t${place}`, `user${place}`, vector);
  expect(batched.size).toBe(300);
  for (const seed of [7, 8, 299, 1000]) {
    const [one, other] = [batched, single].map((index) => index.bestOther(unitVector(seed), 'nobody'));
    expect(await one).toEqual(await other);
  }
});

test('templates that all point away from the probe are found as well', async () => {
  const index = await create();
  const probe = unitVector(3);
  const opposite = probe.map((value) => -value);
  for (let place = 0; place < 3; place += 1) add(index, `t${place}`, `user${place}`, opposite);
  expect((await index.bestOther(probe, 'user0'))?.score).toBeCloseTo(-1, 5);
  expect(await index.closest(probe, 10)).toHaveLength(3);
});

test('more templates than one block holds are all searched, and may be removed', async () => {
  const index = await create();
  const count = 65_540;
  const filler = unitVector(1);
  const vectors = new Float32Array(count * DIMENSION);
  for (let place = 0; place < count; place += 1) vectors.set(filler, place * DIMENSION);
  const templateIds = Array.from({ length: count }, (_, place) => `t${place}`);
  index.add({ templateIds, userIds: templateIds, vectors });
  add(index, 'far', 'last', unitVector(2));
  expect(await index.bestOther(unitVector(2), 'nobody')).toMatchObject({ userId: 'last' });
  index.remove('t0');
  expect(await index.bestOther(unitVector(2), 'nobody')).toMatchObject({ userId: 'last' });
  for (let place = 1; place < 10; place += 1) index.remove(`t${place}`);
  expect(index.size).toBe(65_531);
  expect(await index.bestOther(unitVector(2), 'nobody')).toMatchObject({ userId: 'last' });
  add(index, 'later', 'new', unitVector(4));
  for (let place = 0; place < 10; place += 1)
    add(index, `more${place}`, `more${place}`, unitVector(10 + place));
  expect(index.size).toBe(65_542);
  expect(await index.bestOther(unitVector(4), 'nobody')).toMatchObject({ userId: 'new' });
  expect(await index.bestOther(unitVector(19), 'nobody')).toMatchObject({ userId: 'more9' });
});

test('a template of another length is refused, and so is one that belongs to nobody', async () => {
  const index = await create();
  expect(() => {
    add(index, 't', 'ann', new Float32Array(512));
  }).toThrow('1 template(s) of 512 values in all do not fit a gallery of 128');
  expect(() => {
    index.add({ templateIds: ['t'], userIds: [], vectors: unitVector(1) });
  }).toThrow('names 0 users');
  expect(index.size).toBe(0);
});

test('the closest people come best first, each once, with their closest template', async () => {
  const index = await create();
  const templates = Array.from({ length: 300 }, (_, seed) => unitVector(seed));
  for (const [place, vector] of templates.entries()) add(index, `t${place}`, `user${place % 40}`, vector);
  const probe = unitVector(1000);
  const best = new Map<string, number>();
  for (const [place, vector] of templates.entries()) {
    const user = `user${place % 40}`;
    best.set(user, Math.max(best.get(user) ?? -1, cosine(vector, probe)));
  }
  const expected = [...best].sort(([, one], [, two]) => two - one);

  for (const count of [1, 7, 40, 1000]) {
    const found = await index.closest(probe, count);
    expect(found.map(({ userId }) => userId)).toEqual(expected.slice(0, count).map(([userId]) => userId));
    for (const [place, { score }] of found.entries())
      expect(score).toBeCloseTo(expected[place]?.[1] ?? NaN, 5);
  }
});

test('nobody is hidden from the closest people by somebody with many templates', async () => {
  const index = await create();
  const probe = unitVector(7);
  for (let copy = 0; copy < 10; copy += 1) add(index, `ann${copy}`, 'ann', probe);
  add(index, 'bob', 'bob', unitVector(8));
  for (let copy = 0; copy < 9; copy += 1) index.remove(`ann${copy}`);
  for (let copy = 0; copy < 9; copy += 1) add(index, `anew${copy}`, 'ann', probe);
  expect((await index.closest(probe, 2)).map(({ userId }) => userId)).toEqual(['ann', 'bob']);
  expect(await (await create()).closest(probe, 2)).toEqual([]);
});

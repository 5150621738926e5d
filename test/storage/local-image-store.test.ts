import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertImageKey, createImageKey } from '../../src/storage/image-key.js';
import { LocalImageStore } from '../../src/storage/local-image-store.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const picture = Uint8Array.from({ length: 100_000 }, (_, place) => place % 251);

describe('image keys', () => {
  it('carry the media type as extension', () => {
    expect(createImageKey('image/jpeg')).toMatch(/^[0-9a-f]{2}\/[0-9a-f-]{36}\.jpg$/);
    expect(createImageKey('image/png')).toMatch(/\.png$/);
    expect(createImageKey('image/webp')).toMatch(/\.webp$/);
    expect(createImageKey('image/avif')).toMatch(/\.avif$/);
  });

  it('differ, and spread over the folders', () => {
    const keys = Array.from({ length: 1000 }, () => createImageKey('image/jpeg'));
    expect(new Set(keys).size).toBe(1000);
    expect(new Set(keys.map((key) => dirname(key))).size).toBeGreaterThan(200);
    for (const key of keys) {
      expect(() => {
        assertImageKey(key);
      }).not.toThrow();
    }
  });
});

describe('local image store', () => {
  it('gives back what was put, for the owner alone', async () => {
    const folder = join(temporaryFolder(), 'images');
    const store = await LocalImageStore.open(folder);
    const key = createImageKey('image/jpeg');
    await store.put(key, picture);

    expect(new Uint8Array(await store.get(key))).toEqual(picture);
    expect(statSync(join(folder, key)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(dirname(join(folder, key))).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(folder, 'incoming'))).toEqual([]);
  });

  it('deletes, and takes a missing file for deleted', async () => {
    const folder = temporaryFolder();
    const store = await LocalImageStore.open(folder);
    const key = createImageKey('image/png');
    await store.put(key, picture);
    await store.delete(key);

    expect(existsSync(join(folder, key))).toBe(false);
    await expect(store.delete(key)).resolves.toBeUndefined();
    await expect(store.delete(createImageKey('image/png'))).resolves.toBeUndefined();
    await expect(store.get(key)).rejects.toThrow();
  });

  it.each([
    '../../etc/passwd',
    'ab/../../x.jpg',
    '/etc/passwd',
    'incoming/0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b',
    'ab/0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b.exe',
    'ab/0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b.jpg\n',
    'ab\\0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b.jpg',
    '',
  ])('refuses %j, which is no key', async (key) => {
    const folder = temporaryFolder();
    const store = await LocalImageStore.open(join(folder, 'images'));
    await expect(store.put(key, picture)).rejects.toThrow(RangeError);
    await expect(store.get(key)).rejects.toThrow(RangeError);
    await expect(store.delete(key)).rejects.toThrow(RangeError);
    expect(readdirSync(folder)).toEqual(['images']);
  });

  it('sweeps half-written files of an earlier process', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'incoming'));
    writeFileSync(join(folder, 'incoming', 'left-over'), picture);
    await LocalImageStore.open(folder);
    expect(readdirSync(join(folder, 'incoming'))).toEqual([]);
  });

  it('leaves young unfinished files alone where other processes write', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'incoming'));
    for (const name of ['young', 'old']) writeFileSync(join(folder, 'incoming', name), picture);
    utimesSync(join(folder, 'incoming', 'old'), 1, 1);
    await LocalImageStore.open(folder, { abandonedAfterMs: 3_600_000 });
    expect(readdirSync(join(folder, 'incoming'))).toEqual(['young']);
  });

  it('puts many files at once', async () => {
    const store = await LocalImageStore.open(temporaryFolder());
    const keys = Array.from({ length: 40 }, () => createImageKey('image/webp'));
    await Promise.all(keys.map((key, place) => store.put(key, Uint8Array.of(place))));
    const contents = await Promise.all(keys.map((key) => store.get(key)));
    expect(contents.map(([first]) => first)).toEqual(keys.map((_, place) => place));
  });

  it('leaves nothing behind when a file cannot be put in its place', async () => {
    const folder = temporaryFolder();
    const store = await LocalImageStore.open(folder);
    const key = createImageKey('image/jpeg');
    writeFileSync(join(folder, dirname(key)), 'a file where the folder should be');
    await expect(store.put(key, picture)).rejects.toThrow();
    expect(readdirSync(join(folder, 'incoming'))).toEqual([]);
  });

  it('answers a ping only while files can be stored', async () => {
    const folder = temporaryFolder();
    const store = await LocalImageStore.open(folder);
    await expect(store.ping()).resolves.toBeUndefined();
    expect(readdirSync(join(folder, 'incoming'))).toEqual([]);
    rmSync(join(folder, 'incoming'), { recursive: true });
    await expect(store.ping()).rejects.toThrow();
  });
});

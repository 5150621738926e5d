import { describe, expect, it, onTestFinished } from 'vitest';
import type { S3Location } from '../../src/config/config.js';
import { createImageKey } from '../../src/storage/image-key.js';
import { S3ImageStore } from '../../src/storage/s3-image-store.js';
import type { Fault } from '../support/faulty-proxy.js';
import { startS3Server } from '../support/s3-server.js';

const picture = Uint8Array.from({ length: 20_000 }, (_, place) => place % 251);
// Above 2 MB the client asks before it sends the body.
const largePicture = new Uint8Array(3_000_000).fill(7);

async function openStore(location: S3Location): Promise<S3ImageStore> {
  const store = await S3ImageStore.open(location, { attemptTimeoutMs: 400 });
  onTestFinished(() => {
    store.close();
  });
  return store;
}

async function open() {
  const server = await startS3Server();
  return { ...server, store: await openStore(server.location) };
}

/** Breaks the first requests of a method. */
function firstFail(method: string, fault: Fault, times = Infinity) {
  let left = times;
  return (asked: string) => (asked === method && left-- > 0 ? fault : undefined);
}

describe('S3 image store', () => {
  it('gives back what was put, under its prefix', async () => {
    const { store, keys, proxy } = await open();
    const key = createImageKey('image/jpeg');
    await store.put(key, picture);

    expect(keys()).toEqual([key]);
    expect(Buffer.compare(await store.get(key), picture)).toBe(0);
    expect(proxy.requests.at(-1)).toMatch(new RegExp(`^GET /faces/people/${key}`));
    const large = createImageKey('image/png');
    await store.put(large, largePicture);
    expect(Buffer.compare(await store.get(large), largePicture)).toBe(0);
  });

  it('deletes, and takes a missing file for deleted', async () => {
    const { store, keys } = await open();
    const key = createImageKey('image/png');
    await store.put(key, picture);
    await store.delete(key);

    expect(keys()).toEqual([]);
    await expect(store.delete(key)).resolves.toBeUndefined();
    await expect(store.get(key)).rejects.toThrow('NoSuchKey');
  });

  it.each(['../x', 'ab/../../x.jpg', '.facial-verification', ''])(
    'refuses %j, which is no key',
    async (key) => {
      const { store, proxy } = await open();
      const before = proxy.requests.length;
      expect(() => store.put(key, picture)).toThrow(RangeError);
      expect(() => store.get(key)).toThrow(RangeError);
      expect(() => store.delete(key)).toThrow(RangeError);
      expect(proxy.requests).toHaveLength(before);
    },
  );

  it.each<Fault>(['error', 'reset', 'silence', 'error after', 'reset after', 'silence after'])(
    'survives one attempt that ends in %s',
    async (fault) => {
      const { store, keys, proxy } = await open();
      const key = createImageKey('image/jpeg');
      proxy.plan = firstFail('PUT', fault, 1);
      await store.put(key, picture);
      proxy.plan = firstFail('GET', fault, 1);
      expect(Buffer.compare(await store.get(key), picture)).toBe(0);
      proxy.plan = firstFail('DELETE', fault, 1);
      await store.delete(key);
      expect(keys()).toEqual([]);
    },
  );

  it.each<Fault>(['error', 'reset', 'silence'])(
    'is unavailable after three attempts that end in %s',
    async (fault) => {
      const { store, keys, proxy } = await open();
      const key = createImageKey('image/jpeg');
      proxy.plan = () => fault;
      const before = proxy.requests.length;

      await expect(store.put(key, picture)).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        status: 503,
        retryable: true,
      });
      expect(proxy.requests).toHaveLength(before + 3);
      await expect(store.get(key)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await expect(store.delete(key)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await expect(store.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(keys()).toEqual([]);

      proxy.plan = () => undefined;
      await expect(store.ping()).resolves.toBeUndefined();
      await expect(store.put(key, picture)).resolves.toBeUndefined();
    },
  );

  it('ends an operation at its own limit, however often it would try again', async () => {
    const { location, proxy } = await startS3Server();
    const store = await S3ImageStore.open(location, { attempts: 1000, operationTimeoutMs: 500 });
    onTestFinished(() => {
      store.close();
    });
    proxy.plan = () => 'silence';
    await expect(store.put(createImageKey('image/jpeg'), picture)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
  });

  it('is unavailable, not missing, while the server is gone', async () => {
    const { store, proxy } = await open();
    await proxy.close();
    await expect(store.get(createImageKey('image/jpeg'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(store.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('tells at start that a bucket cannot be written', async () => {
    const { location, proxy } = await startS3Server();
    await expect(openStore({ ...location, bucket: 'missing' })).rejects.toThrow(/bucket missing/);
    proxy.plan = () => 'reset';
    await expect(openStore(location)).rejects.toThrow(/nothing can be written to the bucket faces/);
  });

  it('notices that its bucket has gone, and writes its own object again when only that is gone', async () => {
    const { store, location, proxy } = await open();
    await store.ping();
    expect(proxy.requests.at(-1)).toMatch(/^HEAD /);
    await fetch(`${location.endpoint}/faces/people/.facial-verification`, { method: 'DELETE' });
    await store.ping();
    expect(proxy.requests.at(-1)).toMatch(/^PUT /);

    await fetch(`${location.endpoint}/faces/people/.facial-verification`, { method: 'DELETE' });
    await fetch(`${location.endpoint}/faces`, { method: 'DELETE' });
    await expect(store.ping()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('keeps what the server said out of the way of secrets', async () => {
    const { store, proxy } = await open();
    proxy.plan = () => 'error';
    const failure: unknown = await store
      .put(createImageKey('image/jpeg'), picture)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    const { cause } = failure as Error;
    expect(Object.keys(cause as Error)).toEqual([]);
    expect((cause as Error).message).toBe(
      'PutObject: InternalError: We encountered an internal error. (HTTP 500)',
    );
  });
});

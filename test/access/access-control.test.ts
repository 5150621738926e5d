import { describe, expect, it, onTestFinished } from 'vitest';
import { AccessControl } from '../../src/access/access-control.js';
import { createApiKey, hashApiKey } from '../../src/access/api-key.js';
import type { ApiKeyRepository } from '../../src/access/api-key-repository.js';
import { openSqlite } from '../support/databases/open-sqlite.js';
import { ServiceError } from '../../src/errors.js';
import { storeKey, withOtherSecret } from '../support/api/api-keys.js';
import { temporaryFolder } from '../support/temporary-folder.js';

async function openKeys(): Promise<ApiKeyRepository> {
  const database = await openSqlite(temporaryFolder());
  onTestFinished(() => database.close());
  return database.apiKeys;
}

const offer = (access: AccessControl, ...keys: string[]) => access.identify(new Set(keys));

describe('without any key', () => {
  it('lets everybody in, whatever they send', async () => {
    const access = new AccessControl({ apiKeys: await openKeys(), environmentKeys: [] });
    expect(await offer(access)).toEqual({ kind: 'anyone' });
    expect(await offer(access, 'nonsense')).toEqual({ kind: 'anyone' });
    expect(await offer(access, createApiKey().key)).toEqual({ kind: 'anyone' });
    expect(await access.keysRequired()).toBe(false);
  });

  it('asks for one from the request after the first was created on, for good', async () => {
    const apiKeys = await openKeys();
    const access = new AccessControl({ apiKeys, environmentKeys: [] });
    expect(await offer(access)).toEqual({ kind: 'anyone' });
    const { id, key } = await storeKey(apiKeys, { scopes: ['verify'] });
    await expect(offer(access)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await offer(access, key)).toEqual({ kind: 'key', keyId: id, scopes: new Set(['verify']) });
    await apiKeys.revoke(id, new Date());
    for (const keys of [[], [key]])
      await expect(offer(access, ...keys)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const restarted = new AccessControl({ apiKeys, environmentKeys: [] });
    await expect(offer(restarted)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

it('a key counts before its second of expiry and not from it on', async () => {
  const apiKeys = await openKeys();
  const expiresAt = new Date('2026-05-06T07:08:09Z');
  const { id, key } = await storeKey(apiKeys, { expiresAt });
  let now = 0;
  const access = new AccessControl({ apiKeys, environmentKeys: [], now: () => new Date(now) });
  now = expiresAt.getTime() - 1;
  expect(await offer(access, key)).toMatchObject({ kind: 'key', keyId: id });
  now = expiresAt.getTime();
  await expect(offer(access, key)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

it('refusals do not tell an unknown id from a wrong secret, an expired or a revoked key', async () => {
  const apiKeys = await openKeys();
  const { key } = await storeKey(apiKeys);
  const past = new Date('2020-01-01T00:00:00Z');
  const refused = [
    [createApiKey().key],
    [withOtherSecret(key)],
    [(await storeKey(apiKeys, { expiresAt: past })).key],
    [(await storeKey(apiKeys, { revoked: true })).key],
    ['nonsense'],
    [''],
    [key, createApiKey().key],
    [],
  ];
  const access = new AccessControl({ apiKeys, environmentKeys: [] });
  const errors = await Promise.all(
    refused.map(async (keys) => {
      const [outcome] = await Promise.allSettled([offer(access, ...keys)]);
      if (outcome.status !== 'rejected') throw new Error('Somebody was let in.');
      const { code, message, cause } = outcome.reason as ServiceError;
      return { code, message, cause };
    }),
  );
  expect(new Set(errors.map((error) => JSON.stringify(error))).size).toBe(1);
  expect(errors[0]).toMatchObject({ code: 'UNAUTHENTICATED', cause: undefined });
});

describe('keys that cannot be read', () => {
  const broken = (error: Error) => ({ find: () => Promise.reject(error), any: () => Promise.reject(error) });
  const failures = [
    new Error('disk I/O error'),
    new ServiceError('UNAVAILABLE'),
    new ServiceError('OVERLOADED'),
  ];

  it.each(failures)('let nobody in: %s', async (error) => {
    const access = new AccessControl({ apiKeys: broken(error), environmentKeys: [] });
    for (const keys of [[], ['nonsense'], [createApiKey().key]])
      await expect(offer(access, ...keys)).rejects.toMatchObject({ status: 503 });
  });

  it('do not keep out a key of the environment', async () => {
    const { key } = createApiKey();
    const environmentKeys = [
      { name: 'other', scopes: new Set(['admin'] as const), hash: hashApiKey(createApiKey().key) },
      { name: 'gate-3', scopes: new Set(['verify'] as const), hash: hashApiKey(key) },
    ];
    const access = new AccessControl({ apiKeys: broken(new Error('disk I/O error')), environmentKeys });
    expect(await offer(access, key)).toEqual({
      kind: 'key',
      keyId: 'env:gate-3',
      scopes: new Set(['verify']),
    });
    await expect(offer(access)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await expect(offer(access, withOtherSecret(key))).rejects.toMatchObject({ status: 503 });
  });
});

import { expect, it } from 'vitest';
import { apiKeyId, createApiKey, hashApiKey } from '../../src/access/api-key.js';

it('a key has a prefix that scanners can look for, a public id and 32 random bytes', () => {
  const created = Array.from({ length: 100 }, createApiKey);
  for (const { id, key } of created) {
    expect(key).toMatch(new RegExp(`^fvb_${id}_[A-Za-z0-9_-]{43}$`));
    expect(Buffer.from(key.slice(-43), 'base64url')).toHaveLength(32);
    expect(apiKeyId(key)).toBe(id);
  }
  expect(new Set(created.map(({ id }) => id)).size).toBe(100);
  expect(new Set(created.map(({ key }) => key.slice(-43))).size).toBe(100);
});

it('text of any other form is no key', () => {
  const { key } = createApiKey();
  const others = [
    '',
    'fvb',
    key.slice(1),
    key.slice(0, -1),
    `${key}A`,
    ` ${key}`,
    `${key}\n`,
    key.toUpperCase(),
  ];
  for (const text of others) expect(apiKeyId(text), JSON.stringify(text)).toBeNull();
});

it('the hash is SHA-256 of the whole key, as other tools compute it', () => {
  expect(hashApiKey('abc').toString('hex')).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
});

import { expect, it } from 'vitest';
import { environmentEntry, parseEnvironmentKeys } from '../../src/access/environment-keys.js';
import { ConfigError } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load-config.js';

const hash = 'ab'.repeat(32);

it('entries are read as they are printed', () => {
  const text = `gate-3:verify+read:${hash},ops:admin:${'cd'.repeat(32)}`;
  const keys = parseEnvironmentKeys(` ${text.replace(',', ' , ')} `);
  expect(keys).toEqual([
    { name: 'gate-3', scopes: new Set(['verify', 'read']), hash: Buffer.from(hash, 'hex') },
    { name: 'ops', scopes: new Set(['admin']), hash: Buffer.alloc(32, 0xcd) },
  ]);
  expect(keys.map(environmentEntry).join()).toBe(text);
});

it.each([
  ['no hash', 'gate-3:verify', 'entry 1 must look like name:scope+scope:sha256'],
  ['a part too many', `gate-3:verify:${hash}:x`, 'entry 1 must look like'],
  ['an empty entry', `gate-3:verify:${hash},`, 'entry 2 must look like'],
  ['no name', `:verify:${hash}`, 'the name of entry 1'],
  ['a name with a space', `gate 3:verify:${hash}`, 'the name of entry 1'],
  [
    'an unknown scope',
    `gate-3:verify:${hash},b:verify+write:${hash}`,
    'entry 2 names a scope that does not exist',
  ],
  ['no scope', `gate-3::${hash}`, 'entry 1 names a scope'],
  ['a key instead of its hash', 'gate-3:verify:fvb_0123456789abcdef_secret', 'the hash of entry 1'],
  ['a short hash', `gate-3:verify:${hash.slice(1)}`, 'the hash of entry 1'],
  ['two of one name', `gate-3:verify:${hash},gate-3:read:${hash}`, 'two entries have one name'],
])('an entry with %s is named, and not repeated', (_, text, message) => {
  expect(() => parseEnvironmentKeys(text)).toThrow(message);
  const load = () => loadConfig({ API_KEYS: text });
  expect(load).toThrow(ConfigError);
  expect(load).toThrow(`API_KEYS: ${message}`);
  expect(load).not.toThrow(/gate-3|secret|abab/);
});

it('an empty variable is no key', () => {
  expect(loadConfig({ API_KEYS: '' }).apiKeys).toEqual([]);
});

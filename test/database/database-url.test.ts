import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config.js';
import { parseDatabaseUrl } from '../../src/database/mysql/database-url.js';

it.each([
  ['mysql://u:p@db:3306/lib', [{ host: 'db', port: 3306 }], 'u', 'p', 'lib'],
  ['mysql://u@db/lib', [{ host: 'db', port: 3306 }], 'u', '', 'lib'],
  ['mysql://db/lib', [{ host: 'db', port: 3306 }], '', '', 'lib'],
  ['mysql://u%40x:p%3A%2F%25%3F@db/l%20b', [{ host: 'db', port: 3306 }], 'u@x', 'p:/%?', 'l b'],
  ['mysql://u:a:b@db/lib', [{ host: 'db', port: 3306 }], 'u', 'a:b', 'lib'],
  [
    'mysql://u:p@a:1,b,[::1]:3/lib',
    [
      { host: 'a', port: 1 },
      { host: 'b', port: 3306 },
      { host: '::1', port: 3 },
    ],
    'u',
    'p',
    'lib',
  ],
])('reads %s', (text, hosts, user, password, database) => {
  expect(parseDatabaseUrl(text)).toEqual({ hosts, user, password, database });
});

it.each([
  'mysql://user:s3cret@db',
  'mysql://user:s3cret@db/',
  'mysql://user:s3cret@/lib',
  'mysql://user:s3cret@db:99999/lib',
  'mysql://user:s3cret@db:0/lib',
  'mysql://user:s3cret@db:port/lib',
  'mysql://user:s3cret@a,,b/lib',
  'mysql://user:s3cret%@db/lib',
  'mysql://user:s3/cret@db/lib',
  'postgres://user:s3cret@db/lib',
  's3cret',
])('refuses %s by the name of the variable, without its value', (text) => {
  const load = () => loadConfig({ DATABASE_URL: text });
  expect(load).toThrow(/DATABASE_URL: /);
  expect(load).not.toThrow(/cret/);
});

it('needs nothing but the address', () => {
  expect(loadConfig({ DATABASE_URL: 'mysql://u:p@db/lib' }).mysql).toEqual({
    hosts: [{ host: 'db', port: 3306 }],
    user: 'u',
    password: 'p',
    database: 'lib',
    poolSize: 10,
    connectTimeoutMs: 3000,
    timeoutMs: 10_000,
    tls: undefined,
  });
  expect(loadConfig({}).mysql).toBeUndefined();
});

it('refuses certificates without encryption', () => {
  expect(() => loadConfig({ DATABASE_URL: 'mysql://db/lib', DATABASE_TLS_CA: 'ca.pem' })).toThrow(
    'DATABASE_TLS=verify',
  );
});

import { expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.js';
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

it.each(['DATABASE_TLS_CA', 'DATABASE_TLS_CERT', 'DATABASE_TLS_KEY'])(
  'refuses %s without encryption',
  (name) => {
    expect(() => loadConfig({ DATABASE_URL: 'mysql://db/lib', [name]: 'file.pem' })).toThrow(
      `${name}: does nothing without DATABASE_TLS=verify`,
    );
  },
);

it.each([
  ['DATABASE_TLS_CERT', 'DATABASE_TLS_KEY'],
  ['DATABASE_TLS_KEY', 'DATABASE_TLS_CERT'],
])('refuses %s without %s', (given, missing) => {
  expect(() =>
    loadConfig({ DATABASE_URL: 'mysql://db/lib', DATABASE_TLS: 'verify', [given]: 'file.pem' }),
  ).toThrow(`${given}: needs ${missing}`);
});

it('reports variables that contradict each other together with those that cannot be used', () => {
  const environment = { PORT: 'many', LIVENESS_THRESHOLD: '0.5', DATABASE_TLS_CERT: 'cert.pem' };
  expect(() => loadConfig(environment)).toThrow(/PORT: .*\n.*LIVENESS_THRESHOLD: .*\n.*DATABASE_TLS_CERT: /);
});

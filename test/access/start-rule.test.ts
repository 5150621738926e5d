import { describe, expect, it } from 'vitest';
import { isLoopback } from '../../src/access/loopback.js';
import { assertMayServe } from '../../src/access/start-rule.js';
import { ConfigError } from '../../src/config/config.js';

describe('an address to listen on', () => {
  it.each([
    '127.0.0.1',
    '127.1',
    '127.255.255.254',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    'localhost',
  ])('%s is this machine alone', async (host) => {
    expect(await isLoopback(host)).toBe(true);
  });

  it.each([
    '0.0.0.0',
    '::',
    '0',
    '128.0.0.1',
    '10.0.0.1',
    '192.168.1.2',
    'fe80::1',
    '::ffff:10.0.0.1',
    '::2',
  ])('%s is not', async (host) => {
    expect(await isLoopback(host)).toBe(false);
  });

  it('a name that stands for nothing is not', async () => {
    expect(await isLoopback('nothing.invalid')).toBe(false);
  });
});

describe('the service', () => {
  const start = async (options: {
    host: string;
    keys?: boolean;
    dangerous?: boolean;
    trustProxy?: number;
  }) => {
    const warnings: unknown[] = [];
    await assertMayServe(
      {
        host: options.host,
        trustProxy: options.trustProxy ?? 0,
        dangerouslyServeWithoutKeys: options.dangerous ?? false,
      },
      { keysRequired: () => Promise.resolve(options.keys ?? false) },
      { warn: (message: unknown) => warnings.push(message) },
    );
    return warnings.length;
  };

  it('serves this machine without keys, and everybody with keys, in silence', async () => {
    expect(await start({ host: '127.0.0.1' })).toBe(0);
    expect(await start({ host: '0.0.0.0', keys: true })).toBe(0);
    expect(await start({ host: '127.0.0.1', keys: true, trustProxy: 1 })).toBe(0);
  });

  it('does not serve others without keys', async () => {
    await expect(start({ host: '0.0.0.0' })).rejects.toThrow(ConfigError);
    await expect(start({ host: '::' })).rejects.toThrow(
      /npm run keys -- create .*API_KEYS.*DANGEROUSLY_SERVE_WITHOUT_KEYS=yes/s,
    );
  });

  it('warns where others may reach it without keys', async () => {
    expect(await start({ host: '127.0.0.1', trustProxy: 1 })).toBe(1);
    expect(await start({ host: '0.0.0.0', dangerous: true })).toBe(1);
  });
});

import { describe, expect, it } from 'vitest';
import { clientNetwork } from '../../src/limits/client-network.js';
import { MemoryCounters } from '../../src/limits/memory-counters.js';
import { RequestLimits } from '../../src/limits/request-limits.js';
import { RequestRate } from '../../src/limits/request-rate.js';

/** How many of so many requests at once are let through. */
async function admitted(rate: RequestRate, requests: number, client = 'client'): Promise<number> {
  const outcomes = await Promise.allSettled(Array.from({ length: requests }, () => rate.count(client)));
  return outcomes.filter(({ status }) => status === 'fulfilled').length;
}

describe('the rate of requests', () => {
  it('lets through as many as are allowed, for each client', async () => {
    const rate = new RequestRate({ kind: 'test', perMinute: 10, counters: new MemoryCounters() });
    expect(await admitted(rate, 30)).toBe(10);
    expect(await admitted(rate, 1)).toBe(0);
    expect(await admitted(rate, 4, 'another')).toBe(4);
    await expect(rate.count('client')).rejects.toMatchObject({ code: 'RATE_LIMITED', status: 429 });
  });

  it('says how long to wait, and lets through again after that', async () => {
    let now = 0;
    const counters = new MemoryCounters({ now: () => now });
    const newRate = () => new RequestRate({ kind: 'test', perMinute: 1, counters });
    await newRate().count('client');
    now = 12_345;
    await expect(newRate().count('client')).rejects.toMatchObject({ retryAfterSeconds: 48 });
    now = 60_000;
    await newRate().count('client');
  });

  it('has no limit at 0', async () => {
    const rate = new RequestRate({ kind: 'test', perMinute: 0, counters: new MemoryCounters() });
    expect(await admitted(rate, 1_000)).toBe(1_000);
  });

  it('is shared by nodes that count in blocks, to within a block for each', async () => {
    const counters = new MemoryCounters();
    let additions = 0;
    const counting = new Proxy(counters, {
      get: (target, name) => {
        if (name === 'add') additions += 1;
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
    const nodes = [0, 1].map(
      () => new RequestRate({ kind: 'test', perMinute: 1_000, counters: counting, block: 10 }),
    );
    const counts = await Promise.all(nodes.map((node) => admitted(node, 900)));
    const total = counts.reduce((sum, count) => sum + count);
    expect(total).toBeGreaterThanOrEqual(980);
    expect(total).toBeLessThanOrEqual(1_000);
    expect(additions).toBeLessThanOrEqual(103);
  });

  it('is not spent by requests that arrive together', async () => {
    const counters = new MemoryCounters();
    const rate = new RequestRate({ kind: 'test', perMinute: 1_000, counters, block: 100 });
    expect(await admitted(rate, 100)).toBe(100);
    expect(await admitted(rate, 900)).toBe(900);
  });

  it('is kept apart for keys, addresses and failures', async () => {
    const limits = new RequestLimits({
      keyRequestsPerMinute: 1,
      addressRequestsPerMinute: 1,
      failedKeysPerMinute: 1,
      counters: new MemoryCounters(),
      remote: false,
    });
    await limits.requestFrom('192.0.2.1');
    await limits.requestWith('192.0.2.1');
    await limits.authenticationFailed('192.0.2.1');
    await expect(limits.requestFrom('::ffff:192.0.2.1')).rejects.toThrow('Too many requests');
    await expect(limits.requestWith('192.0.2.1')).rejects.toThrow('Too many requests');
    await expect(limits.authenticationFailed('192.0.2.1')).rejects.toThrow('Too many requests');
    await limits.requestFrom('192.0.2.2');
  });
});

describe('the network of a client', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['unknown', 'unknown'],
    ['', ''],
  ])('of %s is %s', (address, network) => {
    expect(clientNetwork(address)).toBe(network);
  });
});

import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { InsuredCounters } from '../../src/limits/insured-counters.js';
import { MemoryCounters } from '../../src/limits/memory-counters.js';
import { describeCounters } from './counters-suite.js';

const minute = { durationMs: 60_000, from: 'first' } as const;

describeCounters('counters in memory', () => {
  let now = 1_000_000;
  const counters = new MemoryCounters({ now: () => now });
  return Promise.resolve({
    counters,
    pass: (ms) => {
      now += ms;
      return Promise.resolve();
    },
    size: () => Promise.resolve(counters.size),
  });
});

describe('a flood of new counters', () => {
  it('takes bounded room and leaves those that are up to something', async () => {
    const counters = new MemoryCounters({ maxCounters: 100 });
    await counters.add('watched', 5, minute);
    for (let place = 0; place < 1_000; place += 1) await counters.add(`flood ${place}`, 1, minute);
    expect(counters.size).toBe(100);
    const [watched, first, newest] = await counters.find(['watched', 'flood 0', 'flood 999']);
    expect([watched?.points, first, newest?.points]).toEqual([5, null, 1]);
  });
});

describe('shared counters that fail', () => {
  const broken = () => Promise.reject(new Error('away'));

  it('are replaced by those in memory, left alone for a while, and used again', async () => {
    let now = 0;
    let asked = 0;
    const working = new MemoryCounters();
    let away = true;
    const shared = new MemoryCounters();
    shared.add = (...args) => {
      asked += 1;
      return away ? broken() : working.add(...args);
    };
    const warnings: string[] = [];
    const logger = pino({ level: 'info' }, { write: (line: string) => warnings.push(line) });
    const counters = new InsuredCounters({ shared, insurance: new MemoryCounters(), logger, now: () => now });

    for (const expected of [1, 2, 3]) expect((await counters.add('a', 1, minute)).points).toBe(expected);
    expect(asked).toBe(1);
    now = 5_000;
    expect((await counters.add('a', 1, minute)).points).toBe(4);
    expect(asked).toBe(2);
    away = false;
    now = 10_000;
    expect((await counters.add('a', 1, minute)).points).toBe(1);
    expect(warnings.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'the counters of all nodes cannot be reached; this node counts alone',
      'the counters of all nodes work again',
    ]);
  });
});

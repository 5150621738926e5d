import { beforeEach, describe, expect, it } from 'vitest';
import type { Counters } from '../../src/limits/counters.js';

export interface CountersUnderTest {
  readonly counters: Counters;
  /** Lets time pass. */
  pass(ms: number): Promise<void>;
  /** How many counters take room. */
  size(): Promise<number>;
}

/** What all counters have in common. `open` gives empty ones. */
export function describeCounters(name: string, open: () => Promise<CountersUnderTest>): void {
  describe(name, () => {
    const minute = { durationMs: 60_000, from: 'first' } as const;
    let tested: CountersUnderTest;
    beforeEach(async () => {
      tested = await open();
    });
    const pointsOf = async (...keys: string[]) =>
      (await tested.counters.find(keys)).map((count) => count?.points ?? null);

    it('add up until the time since the first addition is over', async () => {
      const { counters } = tested;
      expect((await counters.add('a', 2, minute)).points).toBe(2);
      await tested.pass(40_000);
      const second = await counters.add('a', 3, minute);
      expect(second.points).toBe(5);
      expect(second.remainingMs).toBeGreaterThan(0);
      expect(second.remainingMs).toBeLessThanOrEqual(20_000);
      await tested.pass(20_000);
      expect(await pointsOf('a')).toEqual([null]);
      expect(await counters.add('a', 1, minute)).toMatchObject({ points: 1 });
    });

    it('last from the newest addition when told so', async () => {
      const { counters } = tested;
      const renewed = { ...minute, from: 'last' } as const;
      await counters.add('a', 1, renewed);
      await tested.pass(40_000);
      await counters.add('a', 1, renewed);
      await tested.pass(40_000);
      const [count] = await counters.find(['a']);
      expect(count?.points).toBe(2);
      expect(count?.remainingMs).toBeLessThanOrEqual(20_000);
    });

    it('are found in the order asked for, also twice', async () => {
      await tested.counters.add('a', 1, minute);
      await tested.counters.add('b', 2, minute);
      expect(await pointsOf('b', 'c', 'a', 'b')).toEqual([2, null, 1, 2]);
    });

    it('lose no addition of many at once', async () => {
      const additions = Array.from({ length: 50 }, () => tested.counters.add('a', 1, minute));
      const points = (await Promise.all(additions)).map((count) => count.points);
      expect(points.sort((one, two) => one - two)).toEqual(
        Array.from({ length: 50 }, (_, place) => place + 1),
      );
    });

    it('are removed one by one and by the start of their keys, taken literally', async () => {
      for (const key of ['x_%:1', 'x_%:2', 'xab:3', 'y']) await tested.counters.add(key, 1, minute);
      await tested.counters.remove('y');
      await tested.counters.remove('never there');
      await tested.counters.removeGroup('x_%');
      expect(await pointsOf('x_%:1', 'x_%:2', 'xab:3', 'y')).toEqual([null, null, 1, null]);
    });

    it('make room when they are forgotten', async () => {
      for (const key of ['a', 'b']) await tested.counters.add(key, 1, minute);
      await tested.pass(30_000);
      await tested.counters.add('c', 1, minute);
      await tested.pass(31_000);
      await tested.counters.removeExpired();
      expect(await tested.size()).toBe(1);
      expect(await pointsOf('a', 'b', 'c')).toEqual([null, null, 1]);
    });
  });
}

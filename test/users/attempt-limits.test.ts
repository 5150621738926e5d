import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import { MemoryCounters } from '../../src/limits/memory-counters.js';
import { limitAttempts } from '../../src/users/attempts/attempt-limited-user-service.js';
import { AttemptLines } from '../../src/users/attempts/attempt-lines.js';
import { delayAfter } from '../../src/users/attempts/attempts.js';
import type { RequestOptions, UserService } from '../../src/users/user-service.js';
import { InMemoryUserService } from '../support/api/in-memory-user-service.js';
import { testOrigin, testRequest } from '../support/api/test-origin.js';

const right = Buffer.from('face');
const wrong = Buffer.from('another face');

let nowMs: number;
let users: InMemoryUserService;
let counters: MemoryCounters;
let service: UserService;

beforeEach(async () => {
  nowMs = 1_000_000;
  users = new InMemoryUserService();
  counters = new MemoryCounters({ now: () => nowMs });
  service = limitAttempts(users, { counters, freeFailuresPerCaller: 5, freeFailuresPerUser: 50 });
  await users.register('ada', right, testRequest);
});

/** What came of a verification: `true`, `false`, or the code of the refusal with the seconds to wait. */
async function outcome(id: string, image: Buffer, options: RequestOptions = testRequest): Promise<unknown> {
  try {
    return (await service.verify(id, image, { caller: 'me', ...options })).verified;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return [error.code, error.retryAfterSeconds];
  }
}

const fail = async (times: number, caller = 'me', id = 'ada') => {
  for (let time = 0; time < times; time += 1) {
    await service.verify(id, wrong, { origin: testOrigin, caller }).catch(() => undefined);
    nowMs += 300_000;
  }
};

describe('the delay', () => {
  it('is 0 for free failures, then doubles up to 300 seconds', () => {
    expect(Array.from({ length: 16 }, (_, failures) => delayAfter(failures, 5) / 1_000)).toEqual([
      0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300,
    ]);
    expect(delayAfter(1_000_000, 5)).toBe(300_000);
  });
});

describe('failures to verify', () => {
  it('are free five times, then delay the next attempt, whatever it shows', async () => {
    for (let time = 0; time < 5; time += 1) expect(await outcome('ada', wrong)).toBe(false);
    expect(await outcome('ada', right)).toEqual(['TOO_MANY_ATTEMPTS', 1]);
    nowMs += 999;
    expect(await outcome('ada', right)).toEqual(['TOO_MANY_ATTEMPTS', 1]);
    nowMs += 1;
    expect(await outcome('ada', wrong)).toBe(false);
    nowMs += 500;
    expect(await outcome('ada', wrong)).toEqual(['TOO_MANY_ATTEMPTS', 2]);
    nowMs += 1_500;
    expect(await outcome('ada', wrong)).toBe(false);
    expect(await outcome('ada', right)).toEqual(['TOO_MANY_ATTEMPTS', 4]);
  });

  it('are forgotten after a success', async () => {
    await fail(5);
    expect(await outcome('ada', right)).toBe(true);
    for (let time = 0; time < 5; time += 1) expect(await outcome('ada', wrong)).toBe(false);
    expect(await outcome('ada', wrong)).toEqual(['TOO_MANY_ATTEMPTS', 1]);
  });

  it('are forgotten an hour after the last one', async () => {
    await fail(12);
    nowMs += 3_300_000 - 1;
    await fail(1);
    expect(await outcome('ada', wrong)).toBe(false);
    expect(await outcome('ada', wrong)).toEqual(['TOO_MANY_ATTEMPTS', 300]);
    nowMs += 3_600_000;
    for (let time = 0; time < 5; time += 1) expect(await outcome('ada', wrong)).toBe(false);
  });

  it('are forgotten with the user, for every caller', async () => {
    await fail(6, 'me');
    await fail(6, 'you');
    await fail(6, 'me', 'bob');
    await service.remove('ada', testRequest);
    expect(counters.size).toBe(2);
    await service.register('ada', right, testRequest);
    expect(await outcome('ada', wrong)).toBe(false);
    expect(await outcome('ada', wrong, { origin: testOrigin, caller: 'you' })).toBe(false);
  });

  it('count for one id and one caller', async () => {
    await users.register('bob', wrong, testRequest);
    for (let time = 0; time < 6; time += 1) await outcome('ada', wrong);
    expect(await outcome('ada', right)).toEqual(['TOO_MANY_ATTEMPTS', 1]);
    expect(await outcome('ada', right, { origin: testOrigin, caller: 'you' })).toBe(true);
    expect(await outcome('bob', wrong)).toBe(true);
  });

  it('of all callers together delay everybody after fifty, and no success of one forgets them', async () => {
    for (let attacker = 0; attacker < 12; attacker += 1) await fail(4, `attacker ${attacker}`);
    expect(await outcome('ada', wrong, { origin: testOrigin, caller: 'attacker 12' })).toBe(false);
    expect(await outcome('ada', right)).toBe(true);
    expect(await outcome('ada', wrong, { origin: testOrigin, caller: 'attacker 13' })).toBe(false);
    expect(await outcome('ada', right)).toEqual(['TOO_MANY_ATTEMPTS', 1]);
    nowMs += 1_000;
    expect(await outcome('ada', right)).toBe(true);
  });

  it('count for people who do not exist just as well', async () => {
    for (let time = 0; time < 5; time += 1)
      expect(await outcome('nobody', wrong)).toEqual(['INVALID_USER', undefined]);
    expect(await outcome('nobody', wrong)).toEqual(['TOO_MANY_ATTEMPTS', 1]);
  });

  it('are only decisions: refused pictures, overload and cancellation do not count', async () => {
    for (const code of ['NO_FACE', 'SEVERAL_FACES', 'OVERLOADED', 'UNAVAILABLE', 'CANCELLED', 'INTERNAL'])
      for (let time = 0; time < 3; time += 1)
        expect(await outcome('ada', Buffer.from(`error:${code}`))).toEqual([code, undefined]);
    expect(await outcome('ada', right)).toBe(true);
    expect(counters.size).toBe(0);
  });

  it('include pictures that cannot be added, for the same count', async () => {
    const add = (image: Buffer) => service.addImage('ada', image, { origin: testOrigin, caller: 'me' });
    for (let time = 0; time < 3; time += 1)
      await expect(add(wrong)).rejects.toMatchObject({ code: 'DIFFERENT_PERSON' });
    for (let time = 0; time < 2; time += 1) expect(await outcome('ada', wrong)).toBe(false);
    await expect(add(right)).rejects.toMatchObject({ code: 'TOO_MANY_ATTEMPTS', retryAfterSeconds: 1 });
    nowMs += 1_000;
    expect(await add(right)).toEqual({ images: 2 });
    expect(await outcome('ada', wrong)).toBe(false);
  });

  it('are not limited when both limits are 0', () => {
    expect(limitAttempts(users, { counters, freeFailuresPerCaller: 0, freeFailuresPerUser: 0 })).toBe(users);
  });
});

describe('parallel attempts', () => {
  /** Decisions of the service, most of them at a time. */
  const watch = () => {
    const seen = { running: 0, most: 0, started: 0 };
    users.before = async () => {
      seen.started += 1;
      seen.running += 1;
      seen.most = Math.max(seen.most, seen.running);
      for (let round = 0; round < 5; round += 1) await turn();
      seen.running -= 1;
    };
    return seen;
  };

  it('of one caller get no more wrong guesses than attempts one after the other', async () => {
    const seen = watch();
    const outcomes = await Promise.all(Array.from({ length: 60 }, () => outcome('ada', wrong)));
    expect(outcomes.filter((each) => each === false)).toHaveLength(5);
    expect(outcomes.filter((each) => Array.isArray(each) && each[0] === 'TOO_MANY_ATTEMPTS')).toHaveLength(
      55,
    );
    expect(seen.started).toBe(5);
    nowMs += 1_000;
    const later = await Promise.all(Array.from({ length: 20 }, () => outcome('ada', wrong)));
    expect(later.filter((each) => each === false)).toHaveLength(1);
  });

  it('of many callers get no more than are free for all together', async () => {
    watch();
    const outcomes: unknown[] = [];
    for (let wave = 0; wave < 4; wave += 1)
      outcomes.push(
        ...(await Promise.all(
          Array.from({ length: 20 }, (_, place) =>
            outcome('ada', wrong, { origin: testOrigin, caller: `${wave} ${place}` }),
          ),
        )),
      );
    expect(outcomes.filter((each) => each === false)).toHaveLength(50);
  });

  it('that succeed go four at a time, first come first served, and all are answered', async () => {
    const seen = watch();
    const outcomes = await Promise.all(Array.from({ length: 32 }, () => outcome('ada', right)));
    expect(outcomes).toEqual(Array<boolean>(32).fill(true));
    expect(seen.most).toBe(4);
  });

  it('for different ids do not wait for each other', async () => {
    const seen = watch();
    await Promise.all(Array.from({ length: 20 }, (_, place) => outcome(`user ${place}`, right)));
    expect(seen.most).toBe(20);
  });

  it('are refused as overload when too many wait, and leave the line with their client', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    users.before = () => released;
    const leaving = new AbortController();
    const waiting = Array.from({ length: 68 }, (_, place) =>
      outcome('ada', right, place === 67 ? { ...testRequest, signal: leaving.signal } : testRequest),
    );
    await turn();
    expect(await outcome('ada', right)).toEqual(['OVERLOADED', undefined]);
    leaving.abort();
    expect(await waiting[67]).toEqual(['CANCELLED', undefined]);
    const last = outcome('ada', right);
    await turn();
    release();
    expect(await Promise.all([...waiting.slice(0, 67), last])).toEqual(Array<boolean>(68).fill(true));
  });

  it('leave nothing behind', async () => {
    const lines = new AttemptLines();
    await Promise.all([
      lines.use('ada', () => turn()),
      lines.use('ada', () => turn()),
      lines.use('bob', () => Promise.reject(new Error('failed'))).catch(() => undefined),
    ]);
    expect(lines.size).toBe(0);
  });
});

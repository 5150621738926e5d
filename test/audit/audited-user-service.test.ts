import { expect, it } from 'vitest';
import type { AuditEvent } from '../../src/audit/audit-log.js';
import { AuditWriter } from '../../src/audit/audit-writer.js';
import { AuditedUserService } from '../../src/audit/audited-user-service.js';
import { ServiceError } from '../../src/errors.js';
import { InMemoryUserService } from '../support/api/in-memory-user-service.js';
import { testRequest } from '../support/api/test-origin.js';

const origin = { actor: 'key:gate', requestId: 'request-1' };

function audited(append?: (events: readonly AuditEvent[]) => Promise<void>) {
  const batches: (readonly AuditEvent[])[] = [];
  const service = new InMemoryUserService();
  const writer = new AuditWriter({
    append: async (events) => {
      await append?.(events);
      batches.push(events);
    },
  });
  const decisions: boolean[] = [];
  const users = new AuditedUserService(service, writer, (_, { verified }) => decisions.push(verified));
  return { service, batches, decisions, users };
}

const ann = Buffer.from('ann');
const stranger = Buffer.from('stranger');

it('notes decisions before they are answered, without the score', async () => {
  const { users, batches, decisions } = audited();
  await users.register('ann', ann, { origin });
  await users.verify('ann', ann, { origin });
  await users.verify('ann', stranger, { origin });
  expect(batches.flat()).toEqual([
    { ...origin, operation: 'verify', outcome: 'accepted', userId: 'ann' },
    { ...origin, operation: 'verify', outcome: 'refused', userId: 'ann' },
  ]);
  expect(decisions).toEqual([true, false]);
});

it('notes refusals by their code, and neither overload nor clients that went away', async () => {
  const { users, service, batches } = audited();
  await expect(users.verify('nobody', ann, { origin })).rejects.toMatchObject({ code: 'INVALID_USER' });
  await expect(users.remove('nobody', { origin })).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
  await expect(users.register('x', Buffer.from('error:NO_FACE'), { origin })).rejects.toMatchObject({
    code: 'NO_FACE',
  });
  for (const code of ['OVERLOADED', 'UNAVAILABLE', 'CANCELLED'] as const) {
    service.before = () => Promise.reject(new ServiceError(code));
    await expect(users.verify('ann', ann, { origin })).rejects.toMatchObject({ code });
  }
  expect(batches.flat()).toEqual([
    { ...origin, operation: 'verify', outcome: 'INVALID_USER', userId: 'nobody' },
    { ...origin, operation: 'delete', outcome: 'USER_NOT_FOUND', userId: 'nobody' },
    { ...origin, operation: 'register', outcome: 'NO_FACE', userId: 'x' },
  ]);
});

it('answers nothing that could not be noted', async () => {
  const { users } = audited(() => Promise.reject(new ServiceError('UNAVAILABLE')));
  await users.register('ann', ann, testRequest);
  await expect(users.verify('ann', ann, testRequest)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

it('writes what comes together in one transaction, in order, and goes on after a failure', async () => {
  let fail = true;
  const { users, batches } = audited(async () => {
    await Promise.resolve();
    if (!fail) return;
    fail = false;
    throw new ServiceError('UNAVAILABLE');
  });
  await users.register('ann', ann, testRequest);
  const outcomes = await Promise.allSettled(
    Array.from({ length: 9 }, (_, number) =>
      users.verify('ann', number % 2 === 0 ? ann : stranger, {
        origin: { ...origin, requestId: `${number}` },
      }),
    ),
  );
  const answered = outcomes.flatMap(({ status }, number) => (status === 'fulfilled' ? [`${number}`] : []));
  expect(answered.length).toBeGreaterThan(0);
  expect(answered.length).toBeLessThan(9);
  expect(batches.length).toBeLessThan(answered.length);
  expect(batches.flat().map(({ requestId }) => requestId)).toEqual(answered);
});

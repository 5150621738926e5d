import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { examineChain } from '../../src/audit/audit-chain.js';
import type { AuditEvent } from '../../src/audit/audit-log.js';
import type { Database } from '../../src/database/database.js';
import { announced, enrol } from './repository-suite.js';
import { testOrigin } from '../support/api/test-origin.js';

const origin = { actor: 'key:gate', requestId: 'request-1' };

function verification(userId: string | null, outcome = 'accepted'): AuditEvent {
  return { ...origin, operation: 'verify', outcome, userId };
}

async function entriesOf(database: Database) {
  return database.auditLog.page({ first: 1000 });
}

/** What every database must do with the audit log, whatever its dialect. */
export function describeAuditLog(dialect: string, open: () => Promise<Database>): void {
  describe(`${dialect}: audit log`, () => {
    it('begins empty', async () => {
      const database = await open();
      expect(await entriesOf(database)).toEqual([]);
      expect((await database.auditLog.head()).seq).toBe(0);
      expect(await examineChain(database.auditLog)).toMatchObject({ entries: 0, problems: [] });
    });

    it('notes registration, further pictures and deletion in the transaction that does them', async () => {
      const database = await open();
      const enrolment = await announced(database, { id: 'ada', seed: 1 });
      await database.users.enrol(enrolment, origin);
      const further = await announced(database, { id: 'ada', seed: 2 });
      await database.users.addFace(enrolment.key, [enrolment.template.templateId], further, origin);
      await database.users.remove('ada', origin);
      const { pseudonym } = enrolment.key.stored;
      expect(await entriesOf(database)).toMatchObject(
        ['register', 'add-image', 'delete'].map((operation, place) => ({
          seq: place + 1,
          operation,
          outcome: 'done',
          subject: pseudonym,
          ...origin,
        })),
      );
    });

    it('notes nothing of what did not happen', async () => {
      const database = await open();
      await enrol(database, { id: 'ada' });
      const before = await entriesOf(database);
      await expect(
        database.users.enrol(await announced(database, { id: 'ada' }), testOrigin),
      ).rejects.toThrow();
      expect(await database.users.remove('bob', testOrigin)).toBeNull();
      expect(await entriesOf(database)).toEqual(before);
    });

    it('names a user by a pseudonym that means nothing once the user is deleted', async () => {
      const database = await open();
      const { key } = await enrol(database, { id: 'a-name-to-look-for' });
      await database.auditLog.append([
        verification('a-name-to-look-for'),
        verification('nobody', 'INVALID_USER'),
      ]);
      const { pseudonym } = key.stored;
      const [, accepted, unknown] = await entriesOf(database);
      expect(accepted).toMatchObject({ subject: pseudonym, outcome: 'accepted' });
      expect(unknown).toMatchObject({ subject: null, outcome: 'INVALID_USER' });
      expect(await database.auditLog.usersOf([pseudonym, 'x'])).toEqual(
        new Map([[pseudonym, 'a-name-to-look-for']]),
      );
      expect(await database.auditLog.page({ first: 9, subject: pseudonym })).toHaveLength(2);

      await database.users.remove('a-name-to-look-for', testOrigin);
      expect(await database.auditLog.usersOf([pseudonym])).toEqual(new Map());
      expect(JSON.stringify(await entriesOf(database))).not.toContain('a-name-to-look-for');
      const anew = await enrol(database, { id: 'a-name-to-look-for' });
      expect(anew.key.stored.pseudonym).not.toBe(pseudonym);
    });

    it('chains entries without gaps, however many write at once', async () => {
      const database = await open();
      await Promise.all([
        ...Array.from({ length: 20 }, (_, number) => enrol(database, { id: `user-${number}`, seed: number })),
        ...Array.from({ length: 20 }, () =>
          database.auditLog.append([verification(null), verification(null)]),
        ),
      ]);
      const entries = await entriesOf(database);
      expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_, place) => place + 1));
      const { head, problems } = await examineChain(database.auditLog);
      expect(problems).toEqual([]);
      expect(Buffer.from(head.hash)).toEqual(Buffer.from(entries[59]?.hash ?? []));
    });

    it('pages by number', async () => {
      const database = await open();
      await database.auditLog.append(Array.from({ length: 5 }, () => verification(null)));
      const page = await database.auditLog.page({ first: 2, after: 2 });
      expect(page.map(({ seq }) => seq)).toEqual([3, 4]);
    });

    it('forgets in slices, the oldest first, until nothing is due', async () => {
      const database = await open();
      await database.auditLog.append(Array.from({ length: 5 }, () => verification(null)));
      const slice = () => database.auditLog.forget(new Date(Date.now() + 60_000), 2);
      expect([await slice(), await slice()]).toEqual([2, 2]);
      expect((await entriesOf(database)).map(({ seq }) => seq)).toEqual([5]);
      expect([await slice(), await slice()]).toEqual([1, 0]);
    });

    it("takes its times from the database's clock, whatever that of the node says", async () => {
      const database = await open();
      vi.useFakeTimers({ toFake: ['Date'], now: new Date('2100-01-01') });
      onTestFinished(() => {
        vi.useRealTimers();
      });
      await database.auditLog.append([verification(null)]);
      const now = await database.now();
      vi.useRealTimers();
      expect(Math.abs(now.getTime() - Date.now())).toBeLessThan(60_000);
      const [entry] = await entriesOf(database);
      expect(Math.abs((entry?.at.getTime() ?? 0) - now.getTime())).toBeLessThan(60_000);
    });

    it('forgets the oldest entries and stays a chain, also when nothing is left', async () => {
      const database = await open();
      await database.auditLog.append(Array.from({ length: 5 }, () => verification(null)));
      expect(await database.auditLog.forget(new Date(Date.now() - 60_000), 100)).toBe(0);
      expect(await database.auditLog.forget(new Date(Date.now() + 60_000), 100)).toBe(5);
      expect(await examineChain(database.auditLog)).toMatchObject({ entries: 0, problems: [] });
      await database.auditLog.append([verification(null)]);
      expect((await entriesOf(database)).map(({ seq }) => seq)).toEqual([6]);
      expect(await examineChain(database.auditLog)).toMatchObject({ entries: 1, problems: [] });
    });
  });
}

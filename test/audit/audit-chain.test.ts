import { expect, it } from 'vitest';
import { chain, examineChain } from '../../src/audit/audit-chain.js';
import type { AuditEntry, AuditLog } from '../../src/audit/audit-log.js';

const start = { seq: 0, hash: new Uint8Array() };

function entries(count: number): AuditEntry[] {
  return chain(
    start,
    Array.from({ length: count }, (_, number) => ({
      at: new Date(1_700_000_000_000 + number * 1000),
      operation: 'verify',
      outcome: number % 3 === 0 ? 'refused' : 'accepted',
      subject: `pseudonym-${number % 5}`,
      actor: 'key:gate',
      requestId: `request-${number}`,
    })),
  );
}

/** A log that holds exactly the given entries, whatever was done to them. */
function logOf(kept: readonly AuditEntry[], head = kept.at(-1) ?? start): AuditLog {
  return {
    append: () => Promise.reject(new Error('not here')),
    page: ({ first, after = 0 }) => Promise.resolve(kept.filter(({ seq }) => seq > after).slice(0, first)),
    head: () => Promise.resolve(head),
    forget: () => Promise.resolve(0),
    pseudonymOf: () => Promise.resolve(null),
    usersOf: () => Promise.resolve(new Map()),
  };
}

function changed(place: number, change: Partial<AuditEntry>): AuditEntry[] {
  return entries(6).map((entry, number) => (number === place ? { ...entry, ...change } : entry));
}

it('a chain as it was written is sound, over many pages and from any oldest entry on', async () => {
  expect(await examineChain(logOf(entries(2500)))).toMatchObject({ entries: 2500, problems: [] });
  expect(await examineChain(logOf(entries(6).slice(4)))).toMatchObject({ entries: 2, problems: [] });
});

it.each<[string, AuditEntry[], string]>([
  ['another outcome', changed(2, { outcome: 'accepted!' }), 'Entry 3 was changed.'],
  ['another time', changed(2, { at: new Date(0) }), 'Entry 3 was changed.'],
  ['another person', changed(2, { subject: 'somebody' }), 'Entry 3 was changed.'],
  ['another actor', changed(2, { actor: 'anyone' }), 'Entry 3 was changed.'],
  ['no request', changed(2, { requestId: null }), 'Entry 3 was changed.'],
  ['an entry left out', entries(6).filter(({ seq }) => seq !== 3), 'Entries 3 to 3 are missing.'],
  [
    'an entry written anew with a right hash of its own',
    entries(6).map((entry, place) =>
      place === 2
        ? (chain({ seq: 2, hash: entry.previousHash }, [{ ...entry, outcome: 'x' }])[0] ?? entry)
        : entry,
    ),
    'Entry 4 does not follow the one before it.',
  ],
])('a chain with %s is not', async (_, kept, problem) => {
  expect((await examineChain(logOf(kept))).problems).toContain(problem);
});

it('a chain with its end cut off, or written anew, does not fit its head', async () => {
  const all = entries(6);
  expect((await examineChain(logOf(all.slice(0, 4), all[5]))).problems).toEqual([
    'Entries 5 to 6 are missing.',
  ]);
  const [last] = chain({ seq: 5, hash: all[4]?.hash ?? start.hash }, [
    { ...(all[5] as AuditEntry), outcome: 'other' },
  ]);
  expect((await examineChain(logOf([...all.slice(0, 5), last as AuditEntry], all[5]))).problems).toEqual([
    'Entry 6 is not the one that was written last.',
  ]);
});

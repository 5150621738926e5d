import { createHash } from 'node:crypto';
import type { AuditEntry, AuditLog } from './audit-log.js';

type Head = Pick<AuditEntry, 'seq' | 'hash'>;
type Unchained = Omit<AuditEntry, 'seq' | 'previousHash' | 'hash'>;

const PAGE_SIZE = 1000;

/** SHA-256 of the hash before and, as a JSON list, everything else in the entry. */
export function hashOf(entry: Omit<AuditEntry, 'hash'>): Uint8Array {
  const { seq, at, operation, outcome, subject, actor, requestId, previousHash } = entry;
  const seconds = Math.floor(at.getTime() / 1000);
  return createHash('sha256')
    .update(previousHash)
    .update(JSON.stringify([seq, seconds, operation, outcome, subject, actor, requestId]))
    .digest();
}

/** Gives entries their numbers and hashes, after the given head. */
export function chain(head: Head, entries: readonly Unchained[]): AuditEntry[] {
  let previous = head;
  return entries.map((entry) => {
    const numbered = { ...entry, seq: previous.seq + 1, previousHash: previous.hash };
    const chained = { ...numbered, hash: hashOf(numbered) };
    previous = chained;
    return chained;
  });
}

export interface ChainReport {
  /** Entries looked at. */
  readonly entries: number;
  /** Number and hash of the newest entry, to be compared with what was noted elsewhere. */
  readonly head: Head;
  /** What is wrong, one sentence each; empty for a sound chain. */
  readonly problems: readonly string[];
}

/** Follows the chain from the oldest entry that is kept to the head. */
export async function examineChain(log: AuditLog): Promise<ChainReport> {
  const problems: string[] = [];
  // Before the entries: what is appended meanwhile must not look like a cut end.
  const head = await log.head();
  let previous: Head | null = null;
  let entries = 0;
  for (;;) {
    const page = await log.page({ first: PAGE_SIZE, after: previous?.seq ?? 0 });
    for (const entry of page) {
      entries += 1;
      if (previous !== null && entry.seq !== previous.seq + 1)
        problems.push(`Entries ${previous.seq + 1} to ${entry.seq - 1} are missing.`);
      else if (previous !== null && !equal(entry.previousHash, previous.hash))
        problems.push(`Entry ${entry.seq} does not follow the one before it.`);
      if (!equal(entry.hash, hashOf(entry))) problems.push(`Entry ${entry.seq} was changed.`);
      if (entry.seq === head.seq && !equal(entry.hash, head.hash))
        problems.push(`Entry ${entry.seq} is not the one that was written last.`);
      previous = entry;
    }
    if (page.length < PAGE_SIZE) break;
  }
  const last = previous?.seq ?? 0;
  if (previous !== null && last < head.seq) problems.push(`Entries ${last + 1} to ${head.seq} are missing.`);
  return { entries, head, problems };
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

import { createPrivateKey, createPublicKey, hkdfSync, sign, verify, type KeyObject } from 'node:crypto';
import type { MasterKey } from '../protection/master-key.js';
import type { AuditEntry, AuditLog } from './audit-log.js';

type Head = Pick<AuditEntry, 'seq' | 'hash'>;

/** What stands before the 32 bytes of a private Ed25519 key in PKCS #8 (RFC 8410, section 7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

const SHAPE = /^audit:(\d+):([0-9a-f]*):(\d+):([A-Za-z0-9._-]+):([A-Za-z0-9_-]+)$/;

/**
 * States, signed, how far the audit log was and what its newest entry was: `audit:<seq>:<hash>:<time>:<key>:<signature>`.
 * Kept elsewhere, it shows a log that was rewritten as a whole or replaced by an older one.
 * @param at whole seconds count.
 */
export function writeCheckpoint({ seq, hash }: Head, at: Date, masterKey: MasterKey): string {
  const time = Math.floor(at.getTime() / 1000);
  const statement = `audit:${seq}:${Buffer.from(hash).toString('hex')}:${time}:${masterKey.id}`;
  return `${statement}:${sign(null, Buffer.from(statement), signingKey(masterKey)).toString('base64url')}`;
}

/**
 * Compares an audit log with a checkpoint of it.
 * @param masterKeyOf finds the key that signed, by its id.
 * @returns what is wrong, one sentence each; empty when the log holds what the checkpoint states.
 * @throws Error when the text is no checkpoint, its key is not there, or its signature is wrong.
 */
export async function compareWithCheckpoint(
  log: Pick<AuditLog, 'head' | 'page'>,
  text: string,
  masterKeyOf: (id: string) => MasterKey | undefined,
): Promise<string[]> {
  const { seq, hash } = readCheckpoint(text, masterKeyOf);
  const head = await log.head();
  if (head.seq < seq)
    return [
      `The log ends at entry ${head.seq}, but had ${seq} at the checkpoint: it was cut or is an older one.`,
    ];
  if (seq === 0) return [];
  const [entry] = await log.page({ first: 1, after: seq - 1 });
  // Entries that were forgotten for their age leave the hash of the last of them in the first that is kept.
  const found = entry?.seq === seq ? entry.hash : entry?.seq === seq + 1 ? entry.previousHash : null;
  if (found === null) return [];
  return Buffer.compare(found, hash) === 0
    ? []
    : [`Entry ${seq} is not the one of the checkpoint: the log was rewritten.`];
}

function readCheckpoint(text: string, masterKeyOf: (id: string) => MasterKey | undefined): Head {
  const parts = SHAPE.exec(text.trim());
  if (parts === null) throw new Error('This is no checkpoint; it looks like audit:<number>:<hash>:….');
  const [, seq = '', hash = '', , keyId = '', signature = ''] = parts;
  const masterKey = masterKeyOf(keyId);
  if (masterKey === undefined)
    throw new Error(`The checkpoint is signed with the master key ${keyId}, which is not configured.`);
  const statement = Buffer.from(text.trim().slice(0, -signature.length - 1));
  const key = createPublicKey(signingKey(masterKey));
  if (!verify(null, statement, key, Buffer.from(signature, 'base64url')))
    throw new Error(
      'The signature of the checkpoint is wrong: its text was changed, or it is of another log.',
    );
  return { seq: Number(seq), hash: Buffer.from(hash, 'hex') };
}

/** An Ed25519 key that only who has the master key can make. */
function signingKey({ secret }: MasterKey): KeyObject {
  const seed = Buffer.from(hkdfSync('sha256', secret, '', 'audit-checkpoint', 32));
  return createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
}

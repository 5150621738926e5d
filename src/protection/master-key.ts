import { randomBytes } from 'node:crypto';
import { EnvelopeError, KEY_BYTES, open, seal } from './envelope.js';

/** A key that wraps the keys of users. */
export interface MasterKey {
  /** Stands beside everything the key has wrapped; not secret. */
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
}

/** A master key whose secret a key holder has wrapped: what is configured where keys are held outside the process. */
export interface HeldMasterKey {
  readonly id: string;
  /** What the holder made of the secret, beginning with the holder's name and a colon; not secret. */
  readonly held: string;
}

/** A master key as it is configured. */
export type MasterKeyEntry = MasterKey | HeldMasterKey;

const ID_SHAPE = /^[A-Za-z0-9._-]{1,64}$/;
const BASE64_SHAPE = /^[A-Za-z0-9+/_-]{43}=?$/;
const HELD_SHAPE = /^(?:pkcs11:[A-Za-z0-9+/]{80}|vault:v\d{1,9}:[A-Za-z0-9+/=]{40,2000})$/;

/** A new key whose id is its day and some random characters. */
export function createMasterKey(now = new Date()): MasterKey {
  const day = now.toISOString().slice(0, 10).replaceAll('-', '');
  return { id: `${day}-${randomBytes(4).toString('hex')}`, secret: randomBytes(KEY_BYTES) };
}

/**
 * Reads `id:secret` and `id:holder:…` entries, separated by commas or lines; the first is the one that wraps what is
 * new. A line that begins with `#` is a remark.
 * @throws Error that says which entry is wrong and how, and never repeats it.
 */
export function parseMasterKeys(text: string): [MasterKeyEntry, ...MasterKeyEntry[]] {
  const entries = text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .flatMap((line) => line.split(','))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const keys = entries.map((entry, position): MasterKeyEntry => {
    const [, id = '', value = ''] = /^([^:]*):(.*)$/.exec(entry) ?? [];
    if (ID_SHAPE.test(id) && HELD_SHAPE.test(value)) return { id, held: value };
    if (ID_SHAPE.test(id) && BASE64_SHAPE.test(value)) return { id, secret: Buffer.from(value, 'base64') };
    throw new Error(
      `entry ${position + 1} is not of the form <id>:<32 bytes in base64>, nor what npm run master-key prints`,
    );
  });
  const [first, ...others] = keys;
  if (first === undefined) throw new Error('there is no master key in it');
  if (new Set(keys.map(({ id }) => id)).size < keys.length)
    throw new Error('two master keys have the same id');
  return [first, ...others];
}

/** The form that {@link parseMasterKeys} reads. */
export function formatMasterKey(entry: MasterKeyEntry): string {
  return `${entry.id}:${'held' in entry ? entry.held : Buffer.from(entry.secret).toString('base64')}`;
}

/** A known text sealed with the key: shows later whether a program has the same key. */
export function proofOf({ id, secret }: MasterKey): Uint8Array {
  return seal(secret, new Uint8Array(), ['master-key', id]);
}

export function provesKey(proof: Uint8Array, { id, secret }: MasterKey): boolean {
  try {
    open(secret, proof, ['master-key', id]);
    return true;
  } catch (error) {
    if (error instanceof EnvelopeError) return false;
    throw error;
  }
}

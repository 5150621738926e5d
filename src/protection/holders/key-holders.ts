import type { HeldMasterKey, MasterKey, MasterKeyEntry } from '../master-key.js';
import { KEY_BYTES } from '../envelope.js';
import { KeyHolderError, type HolderName, type KeyHolder } from './key-holder.js';
import { Pkcs11Holder } from './pkcs11-holder.js';
import type { Pkcs11Settings } from './pkcs11-messages.js';
import { TransitHolder, type TransitSettings } from './transit-holder.js';

export interface HolderSettings {
  /** Wraps new master keys; undefined leaves them plain. The other one may still be needed for older keys. */
  readonly current: HolderName | undefined;
  readonly pkcs11: Pkcs11Settings | undefined;
  readonly vault: TransitSettings | undefined;
}

const settingOf = { pkcs11: 'PKCS11_MODULE', vault: 'VAULT_ADDR' } as const;

/** The holders of the configuration. None is asked before a key needs it. */
export class KeyHolders {
  readonly #holders: Readonly<Record<HolderName, KeyHolder | undefined>>;
  /** Wraps new master keys. */
  readonly current: HolderName | undefined;

  constructor(settings: HolderSettings | undefined) {
    this.current = settings?.current;
    this.#holders = {
      pkcs11: settings?.pkcs11 && new Pkcs11Holder(settings.pkcs11),
      vault: settings?.vault && new TransitHolder(settings.vault),
    };
  }

  /** Each holder is asked once, for all its keys. @throws as {@link KeyHolder.unwrap}. */
  async unwrap(
    entries: readonly [MasterKeyEntry, ...MasterKeyEntry[]],
  ): Promise<readonly [MasterKey, ...MasterKey[]]> {
    const held = entries.filter((entry) => 'held' in entry);
    const secrets = new Map<string, Uint8Array>();
    for (const name of new Set(held.map(holderOf))) {
      const own = held.filter((entry) => holderOf(entry) === name);
      const unwrapped = await this.#holder(name, own).unwrap(own.map((entry) => entry.held));
      for (const [position, { id }] of own.entries()) {
        const secret = unwrapped[position];
        if (secret?.length !== KEY_BYTES)
          throw new Error(`What the key holder ${name} made of the master key ${id} is no master key.`);
        secrets.set(id, secret);
      }
    }
    const opened = (entry: MasterKeyEntry): MasterKey => {
      if ('secret' in entry) return entry;
      const secret = secrets.get(entry.id);
      if (secret === undefined) throw new Error(`The master key ${entry.id} was not unwrapped.`);
      return { id: entry.id, secret };
    };
    const [first, ...others] = entries;
    return [opened(first), ...others.map(opened)];
  }

  /**
   * The keys as the configuration should hold them: wrapped by the current holder, which has proven that it unwraps
   * them again, or plain when there is none.
   * @throws as {@link KeyHolder.unwrap}.
   */
  async wrap(keys: readonly [MasterKey, ...MasterKey[]]): Promise<[MasterKeyEntry, ...MasterKeyEntry[]]> {
    const [first, ...others] = keys;
    if (this.current === undefined) return [first, ...others];
    const holder = this.#holder(this.current, keys);
    const wrapped = async ({ id, secret }: MasterKey): Promise<HeldMasterKey> => ({
      id,
      held: await holder.wrap(secret),
    });
    const entries: [MasterKeyEntry, ...MasterKeyEntry[]] = [await wrapped(first)];
    for (const key of others) entries.push(await wrapped(key));
    const again = await this.unwrap(entries);
    if (!again.every(({ secret }, position) => keys[position]?.secret && same(secret, keys[position].secret)))
      throw new KeyHolderError(
        this.current,
        `The key holder ${this.current} does not give back what it has wrapped`,
      );
    return entries;
  }

  #holder(name: HolderName, keys: readonly { readonly id: string }[]): KeyHolder {
    const holder = this.#holders[name];
    if (holder === undefined)
      throw new Error(
        `The master key ${keys.map(({ id }) => id).join(', ')} is wrapped by the key holder ${name}, which is not configured: set ${settingOf[name]}.`,
      );
    return holder;
  }
}

/** Who has wrapped a key. */
export function holderOf({ held }: HeldMasterKey): HolderName {
  return held.startsWith('pkcs11:') ? 'pkcs11' : 'vault';
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

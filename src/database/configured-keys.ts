import { join } from 'node:path';
import type { Config } from '../config/config.js';
import { KeyHolders } from '../protection/holders/key-holders.js';
import { createMasterKey, type MasterKeyEntry } from '../protection/master-key.js';
import { readMasterKeyFile } from '../protection/master-key-file.js';
import { Vault } from '../protection/vault.js';

export type KeyConfig = Pick<Config, 'dataDir' | 'protection'>;

/** Master keys as the configuration holds them, not yet unwrapped. */
export interface MasterKeySource {
  readonly entries: readonly [MasterKeyEntry, ...MasterKeyEntry[]];
  /** Where the only key goes that was made just now, if the database has none. */
  readonly newFile: string | undefined;
}

/** @throws Error when a file that was named is missing, or cannot be used. */
export async function masterKeySource(config: KeyConfig): Promise<MasterKeySource> {
  const { masterKeys } = config.protection;
  if (masterKeys !== undefined) return { entries: masterKeys, newFile: undefined };
  const file = masterKeyFileOf(config);
  const entries = await readMasterKeyFile(file);
  if (entries !== null) return { entries, newFile: undefined };
  if (config.protection.masterKeyFile !== undefined)
    throw new Error(`MASTER_KEY_FILE: there is no file ${file}.`);
  return { entries: [createMasterKey()], newFile: file };
}

/** As {@link masterKeySource}, but none is made. @throws Error when there are none. */
export async function configuredKeys(config: KeyConfig): Promise<MasterKeySource['entries']> {
  const { entries, newFile } = await masterKeySource(config);
  if (newFile !== undefined)
    throw new Error(
      `There is no master key file ${newFile}; set MASTER_KEYS, MASTER_KEY_FILE or DATA_DIR as for the service`,
    );
  return entries;
}

/** The configured master keys, for reading alone. @throws Error when there are none, or their holder fails. */
export async function configuredVault(config: KeyConfig): Promise<Vault> {
  const entries = await configuredKeys(config);
  return new Vault({ masterKeys: await new KeyHolders(config.protection.holders).unwrap(entries) });
}

/** Where the master keys are unless `MASTER_KEYS` has them. */
export function masterKeyFileOf({ dataDir, protection }: KeyConfig): string {
  return protection.masterKeyFile ?? join(dataDir, 'master.key');
}

/** For messages. */
export function describeSource({ protection: { masterKeys, masterKeyFile } }: KeyConfig): string {
  if (masterKeys !== undefined) return 'MASTER_KEYS';
  return masterKeyFile === undefined ? 'master.key in DATA_DIR' : 'MASTER_KEY_FILE';
}

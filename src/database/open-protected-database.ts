import { rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Config } from '../config/config.js';
import { openDatabase } from './open-database.js';
import type { Database } from './database.js';
import { describeSource, masterKeySource } from './configured-keys.js';
import { KeyHolders } from '../protection/holders/key-holders.js';
import { proofOf, provesKey, type MasterKey } from '../protection/master-key.js';
import { writeMasterKeyFile } from '../protection/master-key-file.js';
import { Vault, type UnopenedTemplate } from '../protection/vault.js';

type ProtectedConfig = Pick<Config, 'mysql' | 'dataDir' | 'protection'>;

export interface ProtectedDatabase {
  readonly database: Database;
  readonly vault: Vault;
}

export interface OpenProtectedOptions {
  /**
   * Opens a database whose rows refer to missing ones, to mend it.
   * @default false
   */
  readonly acceptStrays?: boolean;
  /**
   * Opens a database although master keys that users are protected with are not configured, to say so.
   * @default false
   */
  readonly acceptUnknownKeys?: boolean;
  /** Called for each template that does not open, after it was logged. */
  readonly onUnopened?: (template: UnopenedTemplate) => void;
}

/** A database that is open, and a vault that is not yet. */
export interface LockedDatabase extends ProtectedDatabase {
  /**
   * Has the master keys unwrapped by their holder and compares them with those the database is protected with. A
   * database that was never protected gets its first key. Can be repeated.
   * @throws KeyHolderError when the holder does not do it now; Error when a master key is missing or wrong.
   */
  readonly unlock: () => Promise<void>;
}

/**
 * Opens the database with the master keys of the configuration. A database that was never protected gets its first key;
 * any other one is only opened with the keys it was protected with.
 * @throws Error when a master key is missing or wrong, or its holder fails.
 */
export async function openProtectedDatabase(
  config: ProtectedConfig,
  logger: Pick<Logger, 'info' | 'warn' | 'error'>,
  options: OpenProtectedOptions = {},
): Promise<ProtectedDatabase> {
  const { database, vault, unlock } = await openLockedDatabase(config, logger, options);
  try {
    await unlock();
    return { database, vault };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** As {@link openProtectedDatabase}, for who can do something else while the holder of the master keys is away. */
export async function openLockedDatabase(
  config: ProtectedConfig,
  logger: Pick<Logger, 'info' | 'warn' | 'error'>,
  { acceptStrays = false, acceptUnknownKeys = false, onUnopened }: OpenProtectedOptions = {},
): Promise<LockedDatabase> {
  const { entries, newFile } = await masterKeySource(config);
  const holders = new KeyHolders(config.protection.holders);
  const logUnopened = unopenedLog(logger);
  const vault = new Vault({
    onUnopened: (template) => {
      logUnopened(template);
      onUnopened?.(template);
    },
  });
  const database = await openDatabase(config, logger, { vault, acceptStrays });
  const unlock = async (): Promise<void> => {
    const keys = await holders.unwrap(entries);
    const source = newFile === undefined ? describeSource(config) : undefined;
    await assertKeysFit(database, keys, { source, acceptUnknownKeys });
    if (newFile === undefined) {
      await database.protection.introduce(introduction(keys[0]));
      if (holders.current !== undefined && !('held' in entries[0]))
        logger.warn(
          { masterKeyId: keys[0].id },
          'the master key for what is new is plain although MASTER_KEY_HOLDER is set; npm run master-key -- wrap or rotate changes that',
        );
    } else {
      await introduceFirst(database, keys[0], { file: newFile, holders });
      logger.warn(
        { file: newFile },
        'made a master key: without this file templates and pictures cannot be read again; keep a copy elsewhere, or move it out of the data folder and name it in MASTER_KEY_FILE',
      );
    }
    vault.unlock(keys);
  };
  return { database, vault, unlock };
}

/** Damaged templates are logged one by one; those under a key that this node lacks may be many, so the key is. */
function unopenedLog(logger: Pick<Logger, 'error'>): (template: UnopenedTemplate) => void {
  const told = new Set<string | null>();
  return ({ templateId, reason, masterKeyId }) => {
    if (reason === 'damaged')
      logger.error(
        { templateId },
        'a template does not open and is left out; look at it with npm run doctor',
      );
    else if (!told.has(masterKeyId)) {
      told.add(masterKeyId);
      logger.error(
        { masterKeyId },
        'users are protected with a master key that this node does not have: they are answered 503 and left out of searches here; add the key and restart',
      );
    }
  };
}

interface KeyCheck {
  /** Where the configured keys come from; undefined when there are none yet. */
  readonly source: string | undefined;
  readonly acceptUnknownKeys: boolean;
}

async function assertKeysFit(
  database: Database,
  keys: readonly MasterKey[],
  { source, acceptUnknownKeys }: KeyCheck,
): Promise<void> {
  for (const { id, proof, used } of await database.protection.masterKeysInUse()) {
    const key = source === undefined ? undefined : keys.find((candidate) => candidate.id === id);
    if (key === undefined) {
      // A key that was rotated out is only a name by now; but without any key, nothing may be guessed.
      if ((!used || acceptUnknownKeys) && source !== undefined) continue;
      throw new Error(
        `This database is protected with the master key ${id}, which is not configured. Set MASTER_KEYS, or MASTER_KEY_FILE to the file that holds it; nodes of one database need the same keys. Without it nothing that is stored can be read.`,
      );
    }
    if (!provesKey(proof, key))
      throw new Error(
        `The master key ${id} of ${source ?? ''} is not the one this database is protected with.`,
      );
  }
}

function introduction(key: MasterKey) {
  return { id: key.id, proof: proofOf(key) };
}

/** The file is there before anything is protected with its key. */
async function introduceFirst(
  database: Database,
  key: MasterKey,
  { file, holders }: { readonly file: string; readonly holders: KeyHolders },
): Promise<void> {
  await writeMasterKeyFile(file, await holders.wrap([key]));
  if (await database.protection.introduce(introduction(key), { onlyFirst: true })) return;
  await rm(file);
  throw new Error(
    'Another node has just made the first master key of this database. Copy the file master.key out of its DATA_DIR, or set the same MASTER_KEYS on all nodes.',
  );
}

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../config/config.js';
import { openDatabase } from './open-database.js';
import type { Database } from './database.js';
import { createMasterKey, proofOf, provesKey, type MasterKey } from '../protection/master-key.js';
import { readMasterKeyFile, writeMasterKeyFile } from '../protection/master-key-file.js';
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

interface MasterKeySource {
  readonly keys: readonly [MasterKey, ...MasterKey[]];
  /** Where the only key goes that was made just now, if the database has none. */
  readonly newFile: string | undefined;
}

/**
 * Opens the database with the master keys of the configuration. A database that was never protected gets its first key;
 * any other one is only opened with the keys it was protected with.
 * @throws Error when a master key is missing or wrong.
 */
export async function openProtectedDatabase(
  config: ProtectedConfig,
  logger: Pick<Logger, 'info' | 'warn' | 'error'>,
  { acceptStrays = false, acceptUnknownKeys = false, onUnopened }: OpenProtectedOptions = {},
): Promise<ProtectedDatabase> {
  const { keys, newFile } = await masterKeysOf(config);
  const logUnopened = unopenedLog(logger);
  const vault = new Vault({
    masterKeys: keys,
    onUnopened: (template) => {
      logUnopened(template);
      onUnopened?.(template);
    },
  });
  const database = await openDatabase(config, logger, { vault, acceptStrays });
  try {
    const source = newFile === undefined ? describeSource(config) : undefined;
    await assertKeysFit(database, vault, { source, acceptUnknownKeys });
    if (newFile === undefined) await database.protection.introduce(introduction(vault.current));
    else {
      await introduceFirst(database, vault.current, newFile);
      logger.warn(
        { file: newFile },
        'made a master key: without this file templates and pictures cannot be read again; keep a copy elsewhere, or move it out of the data folder and name it in MASTER_KEY_FILE',
      );
    }
    return { database, vault };
  } catch (error) {
    await database.close();
    throw error;
  }
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

/** The configured master keys, for reading alone: none is made. @throws Error when there are none. */
export async function configuredVault(config: ProtectedConfig): Promise<Vault> {
  const { keys, newFile } = await masterKeysOf(config);
  if (newFile !== undefined)
    throw new Error(
      `There is no master key file ${newFile}; set MASTER_KEYS, MASTER_KEY_FILE or DATA_DIR as for the service`,
    );
  return new Vault({ masterKeys: keys });
}

export function defaultMasterKeyFile({ dataDir }: Pick<Config, 'dataDir'>): string {
  return join(dataDir, 'master.key');
}

async function masterKeysOf(config: ProtectedConfig): Promise<MasterKeySource> {
  const { masterKeys, masterKeyFile } = config.protection;
  if (masterKeys !== undefined) return { keys: masterKeys, newFile: undefined };
  const file = masterKeyFile ?? defaultMasterKeyFile(config);
  const keys = await readMasterKeyFile(file);
  if (keys !== null) return { keys, newFile: undefined };
  if (masterKeyFile !== undefined) throw new Error(`MASTER_KEY_FILE: there is no file ${file}.`);
  return { keys: [createMasterKey()], newFile: file };
}

function describeSource({ protection: { masterKeys, masterKeyFile } }: ProtectedConfig): string {
  if (masterKeys !== undefined) return 'MASTER_KEYS';
  return masterKeyFile === undefined ? 'master.key in DATA_DIR' : 'MASTER_KEY_FILE';
}

interface KeyCheck {
  /** Where the configured keys come from; undefined when there are none yet. */
  readonly source: string | undefined;
  readonly acceptUnknownKeys: boolean;
}

async function assertKeysFit(
  database: Database,
  vault: Vault,
  { source, acceptUnknownKeys }: KeyCheck,
): Promise<void> {
  for (const { id, proof, used } of await database.protection.masterKeysInUse()) {
    const key = source === undefined ? undefined : vault.masterKey(id);
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
async function introduceFirst(database: Database, key: MasterKey, file: string): Promise<void> {
  await writeMasterKeyFile(file, [key]);
  if (await database.protection.introduce(introduction(key), { onlyFirst: true })) return;
  await rm(file);
  throw new Error(
    'Another node has just made the first master key of this database. Copy the file master.key out of its DATA_DIR, or set the same MASTER_KEYS on all nodes.',
  );
}

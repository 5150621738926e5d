import { readFile } from 'node:fs/promises';
import { writeAtomically } from '../atomic-file.js';
import { PRIVATE_FILE_MODE } from '../storage/private-file.js';
import { formatMasterKey, parseMasterKeys, type MasterKeyEntry } from './master-key.js';

type MasterKeys = readonly [MasterKeyEntry, ...MasterKeyEntry[]];

const heading = [
  '# Master keys of the Facial Verification Backend. Without them templates and pictures cannot be read again.',
  '# Keep a copy in a safe place, and not beside backups of the data. The first key protects what is new.',
];

/** @returns null when there is no such file. @throws Error when it cannot be used. */
export async function readMasterKeyFile(file: string): Promise<MasterKeys | null> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  try {
    return parseMasterKeys(text);
  } catch (error) {
    throw new Error(`The master key file ${file} cannot be used: ${(error as Error).message}.`);
  }
}

/** Replaces the file as a whole, readable for its owner alone; once resolved it survives power loss. */
export async function writeMasterKeyFile(file: string, keys: MasterKeys): Promise<void> {
  const content = [...heading, ...keys.map(formatMasterKey), ''].join('\n');
  await writeAtomically(file, content, PRIVATE_FILE_MODE);
}

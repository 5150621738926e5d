import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { everyItem } from '../pages.js';
import type { Vault } from '../protection/vault.js';
import { PRIVATE_FILE_MODE, PRIVATE_FOLDER_MODE } from '../storage/private-file.js';
import type { ImageStore } from '../storage/image-store.js';
import type { HoldingsDatabase } from '../database/database.js';
import type { AuditEntry, AuditLog } from './audit-log.js';
import { commandOrigin } from './audit-origin.js';

const PAGE_SIZE = 1000;

export interface ExportPersonOptions {
  readonly database: Pick<HoldingsDatabase, 'protection' | 'auditLog'>;
  readonly images: Pick<ImageStore, 'get'>;
  readonly vault: Vault;
  /** A new folder, created for its owner alone. */
  readonly folder: string;
}

export interface ExportedPerson {
  readonly pictures: number;
  readonly templates: number;
  readonly logEntries: number;
}

/**
 * Writes everything held about a person into a folder: `person.json`, and the pictures as they were given. The export
 * itself is noted in the audit log first.
 * @returns null when there is no such person. @throws Error when the folder exists or something does not open.
 */
export async function exportPerson(
  userId: string,
  { database, images, vault, folder }: ExportPersonOptions,
): Promise<ExportedPerson | null> {
  const { protection, auditLog } = database;
  const holdings = await protection.holdingsOf(userId);
  if (holdings === null) return null;
  const key = await protection.keyOf(userId);
  await mkdir(folder, { mode: PRIVATE_FOLDER_MODE });
  await auditLog.append([{ ...commandOrigin, operation: 'export', outcome: 'done', userId }]);
  const pictures = [];
  for (const image of holdings.images) {
    const stored = await images.get(image.key);
    const file = basename(image.key);
    const picture = key === null ? stored : key.openImage(image.key, stored);
    await writeFile(join(folder, file), picture, { mode: PRIVATE_FILE_MODE, flag: 'wx' });
    pictures.push({ file, mediaType: image.mediaType });
  }
  const log = key === null ? [] : await entriesAbout(key.stored.pseudonym, auditLog);
  const person = {
    id: holdings.user.id,
    registered: holdings.user.timestamp,
    pictures,
    templates: holdings.templates.map((row) => ({
      model: row.modelId,
      values: Array.from(vault.openTemplate(row).vector),
    })),
    log,
  };
  await writeFile(join(folder, 'person.json'), `${JSON.stringify(person, null, 2)}\n`, {
    mode: PRIVATE_FILE_MODE,
    flag: 'wx',
  });
  return { pictures: pictures.length, templates: person.templates.length, logEntries: log.length };
}

async function entriesAbout(subject: string, auditLog: AuditLog) {
  const entries: Pick<AuditEntry, 'at' | 'operation' | 'outcome' | 'actor' | 'requestId'>[] = [];
  const all = everyItem(
    (after: number | undefined) => auditLog.page({ first: PAGE_SIZE, after, subject }),
    ({ seq }) => seq,
  );
  for await (const { at, operation, outcome, actor, requestId } of all)
    entries.push({ at, operation, outcome, actor, requestId });
  return entries;
}

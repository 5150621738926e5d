import { ServiceError } from '../errors.js';
import { createImageKey } from '../storage/image-key.js';
import type { ImageStore } from '../storage/image-store.js';
import { finishDeletion } from '../storage/blob-sweeper.js';
import type { Database } from '../database/database.js';
import type { FaceHoldings, SealedHoldings } from './protection-repository.js';
import type { UserKey } from './user-key.js';
import type { Vault } from './vault.js';

export interface UserProtectorOptions {
  readonly database: Pick<Database, 'protection' | 'blobs'>;
  readonly images: ImageStore;
  readonly vault: Vault;
}

/** Gives users who were enrolled before anything was protected a key, and seals what is held about their faces. */
export class UserProtector {
  constructor(private readonly options: UserProtectorOptions) {}

  /**
   * The user's key, after everything of theirs has been sealed with it.
   * @throws ServiceError USER_NOT_FOUND, or what the image store throws.
   */
  async keyOf(userId: string): Promise<UserKey> {
    const { protection } = this.options.database;
    for (;;) {
      const key = await protection.keyOf(userId);
      if (key !== null) return key;
      await this.protect(userId);
    }
  }

  /**
   * Seals everything of a user who has no key. Does nothing when another node was faster.
   * @throws ServiceError USER_NOT_FOUND, or what the image store throws.
   */
  async protect(userId: string): Promise<void> {
    const { database, images, vault } = this.options;
    const holdings = await database.protection.holdingsOf(userId);
    if (holdings === null) throw new ServiceError('USER_NOT_FOUND');
    const key = vault.createKey(userId);
    const announced: string[] = [];
    try {
      const sealed = await this.#seal(holdings, key, announced);
      const plainFiles = await database.protection.protect(sealed);
      if (plainFiles === null) await this.#withdraw(announced);
      else for (const file of plainFiles) await finishDeletion(file, database.blobs, images);
    } catch (error) {
      // What stays announced is swept later; the cause is what the caller has to see.
      await this.#withdraw(announced).catch(() => undefined);
      throw error;
    }
  }

  async #seal(
    { images: plain, templates }: FaceHoldings,
    key: UserKey,
    announced: string[],
  ): Promise<SealedHoldings> {
    const { database, images, vault } = this.options;
    const replacements = [];
    for (const from of plain) {
      const to = createImageKey(from.mediaType);
      const bytes = await images.get(from.key);
      await database.blobs.announce(to);
      announced.push(to);
      await images.put(to, key.sealImage(to, bytes));
      replacements.push({ from, to });
    }
    return {
      key: key.stored,
      images: replacements,
      templates: templates.map((row) => ({
        templateId: row.templateId,
        vector: key.sealTemplate(row, vault.openTemplate(row).vector),
      })),
    };
  }

  async #withdraw(announced: readonly string[]): Promise<void> {
    const { database, images } = this.options;
    for (const key of announced)
      if (await database.blobs.abandon(key)) await finishDeletion(key, database.blobs, images);
  }
}

import type { Logger } from 'pino';
import { ServiceError } from '../errors.js';
import type { ImageStore } from '../storage/image-store.js';
import { finishDeletion } from '../storage/blob-sweeper.js';
import { withStagedImages, type StageImage } from '../storage/with-staged-images.js';
import type { Database } from '../database/database.js';
import type { FaceHoldings, SealedHoldings } from './protection-repository.js';
import type { UserKey } from './user-key.js';
import type { Vault } from './vault.js';

export interface UserProtectorOptions {
  readonly database: Pick<Database, 'protection' | 'blobs'>;
  readonly images: ImageStore;
  readonly vault: Vault;
  readonly logger: Pick<Logger, 'error'>;
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
    const { database, images, vault, logger } = this.options;
    const holdings = await database.protection.holdingsOf(userId);
    if (holdings === null) throw new ServiceError('USER_NOT_FOUND');
    const key = vault.createKey(userId);
    const plainFiles = await withStagedImages(
      { blobs: database.blobs, images, logger },
      async (stage) => database.protection.protect(await this.#seal(holdings, key, stage)),
      (replaced) => replaced !== null,
    );
    for (const file of plainFiles ?? []) await finishDeletion(file, database.blobs, images);
  }

  async #seal(
    { images: plain, templates }: FaceHoldings,
    key: UserKey,
    stage: StageImage,
  ): Promise<SealedHoldings> {
    const { images, vault } = this.options;
    const replacements = [];
    for (const from of plain) {
      const bytes = await images.get(from.key);
      const { key: to } = await stage(from.mediaType, (file) => key.sealImage(file, bytes));
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
}

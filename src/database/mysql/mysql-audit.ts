import { and, asc, count, eq, gt, inArray, isNull, notExists } from 'drizzle-orm';
import type { AuditedBlob, BlobState, DatabaseAudit, StrayRows } from '../consistency.js';
import { recordChanges } from './gallery-clock.js';
import type { MysqlSession } from './mysql-session.js';
import { blobs, images, templates, userKeys, users } from './tables.js';

const blobColumns = {
  key: blobs.key,
  state: blobs.state,
  announcedAt: blobs.announcedAt,
  imageKey: images.key,
};

export class MysqlAudit implements DatabaseAudit {
  constructor(private readonly session: MysqlSession) {}

  /** The server watches over its own files. */
  damage(): Promise<string[]> {
    return Promise.resolve([]);
  }

  async countWithoutTemplate(modelId: string): Promise<number> {
    const [row] = await this.session.read((database) =>
      database
        .select({ users: count() })
        .from(users)
        .where(
          notExists(
            database
              .select({ id: templates.id })
              .from(templates)
              .where(and(eq(templates.userId, users.id), eq(templates.modelId, modelId))),
          ),
        ),
    );
    return row?.users ?? 0;
  }

  async blobs({ first, after }: { first: number; after: string }): Promise<AuditedBlob[]> {
    const rows = await this.session.read((database) =>
      database
        .select(blobColumns)
        .from(blobs)
        .leftJoin(images, eq(images.key, blobs.key))
        .where(gt(blobs.key, after))
        .orderBy(asc(blobs.key))
        .limit(first),
    );
    return rows.map(({ imageKey, ...blob }) => ({ ...blob, referenced: imageKey !== null }));
  }

  async blob(key: string): Promise<AuditedBlob | null> {
    const [row] = await this.session.read((database) =>
      database
        .select(blobColumns)
        .from(blobs)
        .leftJoin(images, eq(images.key, blobs.key))
        .where(eq(blobs.key, key)),
    );
    if (!row) return null;
    const { imageKey, ...blob } = row;
    return { ...blob, referenced: imageKey !== null };
  }

  async knows(key: string): Promise<boolean> {
    if (await this.blob(key)) return true;
    const rows = await this.session.read((database) =>
      database.select({ key: images.key }).from(images).where(eq(images.key, key)),
    );
    return rows.length > 0;
  }

  async changeState(key: string, from: BlobState, to: BlobState): Promise<boolean> {
    const [{ affectedRows }] = await this.session.write((database) =>
      database
        .update(blobs)
        .set({ state: to })
        .where(and(eq(blobs.key, key), eq(blobs.state, from))),
    );
    return affectedRows === 1;
  }

  async strays(): Promise<StrayRows> {
    const strayTemplates = await this.session.read((database) =>
      database
        .select({ id: templates.id })
        .from(templates)
        .leftJoin(users, eq(users.id, templates.userId))
        .where(isNull(users.id)),
    );
    const strayImages = await this.session.read((database) =>
      database
        .select({ key: images.key })
        .from(images)
        .leftJoin(users, eq(users.id, images.userId))
        .where(isNull(users.id)),
    );
    const strayKeys = await this.session.read((database) =>
      database
        .select({ userId: userKeys.userId })
        .from(userKeys)
        .leftJoin(users, eq(users.id, userKeys.userId))
        .where(isNull(users.id)),
    );
    return {
      templateIds: strayTemplates.map(({ id }) => id),
      imageKeys: strayImages.map(({ key }) => key),
      keyOwners: strayKeys.map(({ userId }) => userId),
    };
  }

  async removeStrays(strays: StrayRows): Promise<void> {
    await this.session.write(async (database) => {
      const noUser = (userId: typeof templates.userId | typeof images.userId | typeof userKeys.userId) =>
        notExists(database.select({ id: users.id }).from(users).where(eq(users.id, userId)));
      const strayTemplates = await database
        .select({ templateId: templates.id })
        .from(templates)
        .where(and(inArray(templates.id, [...strays.templateIds]), noUser(templates.userId)))
        .for('update');
      const strayImages = await database
        .select({ key: images.key })
        .from(images)
        .where(and(inArray(images.key, [...strays.imageKeys]), noUser(images.userId)))
        .for('update');
      const strayKeys = await database
        .select({ userId: userKeys.userId })
        .from(userKeys)
        .where(and(inArray(userKeys.userId, [...strays.keyOwners]), noUser(userKeys.userId)))
        .for('update');
      const keyOwners = strayKeys.map(({ userId }) => userId);
      const templateIds = strayTemplates.map(({ templateId }) => templateId);
      const imageKeys = strayImages.map(({ key }) => key);
      await database.delete(templates).where(inArray(templates.id, templateIds));
      await database.delete(images).where(inArray(images.key, imageKeys));
      await database.delete(userKeys).where(inArray(userKeys.userId, keyOwners));
      await database.update(blobs).set({ state: 'deleting' }).where(inArray(blobs.key, imageKeys));
      await recordChanges(
        database,
        templateIds.map((templateId) => ({ op: 'remove' as const, templateId })),
      );
    });
  }
}

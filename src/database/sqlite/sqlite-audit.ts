import { and, asc, count, eq, gt, inArray, isNull, notExists, sql } from 'drizzle-orm';
import type { AuditedBlob, BlobState, DatabaseAudit, StrayRows } from '../consistency.js';
import { recordChanges } from './gallery-clock.js';
import type { SqliteSession } from './sqlite-session.js';
import { blobs, images, templates, userKeys, users } from './tables.js';

const blobColumns = {
  key: blobs.key,
  state: blobs.state,
  announcedAt: blobs.announcedAt,
  imageKey: images.key,
};

export class SqliteAudit implements DatabaseAudit {
  constructor(private readonly session: SqliteSession) {}

  async damage(): Promise<string[]> {
    const rows = await this.session.read((database) =>
      database.values<[finding: string]>(sql`pragma integrity_check`),
    );
    return rows.map(([finding]) => finding).filter((finding) => finding !== 'ok');
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
    const changed = await this.session.write((database) =>
      database
        .update(blobs)
        .set({ state: to })
        .where(and(eq(blobs.key, key), eq(blobs.state, from)))
        .returning({ key: blobs.key }),
    );
    return changed.length === 1;
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

  async removeStrays({ templateIds, imageKeys, keyOwners }: StrayRows): Promise<void> {
    await this.session.write(async (database) => {
      const noUser = (userId: typeof templates.userId | typeof images.userId | typeof userKeys.userId) =>
        notExists(database.select({ id: users.id }).from(users).where(eq(users.id, userId)));
      const removedTemplates = await database
        .delete(templates)
        .where(and(inArray(templates.id, [...templateIds]), noUser(templates.userId)))
        .returning({ templateId: templates.id });
      const removedImages = await database
        .delete(images)
        .where(and(inArray(images.key, [...imageKeys]), noUser(images.userId)))
        .returning({ key: images.key });
      await database
        .update(blobs)
        .set({ state: 'deleting' })
        .where(
          inArray(
            blobs.key,
            removedImages.map(({ key }) => key),
          ),
        );
      await database
        .delete(userKeys)
        .where(and(inArray(userKeys.userId, [...keyOwners]), noUser(userKeys.userId)));
      await recordChanges(
        database,
        removedTemplates.map(({ templateId }) => ({ op: 'remove' as const, templateId })),
      );
    });
    await this.session.scrub();
  }
}

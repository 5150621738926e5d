import { and, asc, count, eq, gt, inArray, isNull, notExists } from 'drizzle-orm';
import type { BlobState, CheckedBlob, ConsistencyCheck, StrayRows } from '../consistency.js';
import type { Dialect, Tables } from '../dialect.js';
import type { Session } from '../session.js';
import { recordChanges } from './record-changes.js';

function blobColumns({ blobs, images }: Tables) {
  return { key: blobs.key, state: blobs.state, announcedAt: blobs.announcedAt, imageKey: images.key };
}

export class SqlConsistencyCheck implements ConsistencyCheck {
  constructor(
    private readonly session: Pick<Session, 'read' | 'write' | 'scrub'>,
    private readonly dialect: Dialect,
  ) {}

  damage(): Promise<string[]> {
    return this.session.read((database) => this.dialect.damage(database));
  }

  advice(): Promise<string[]> {
    return this.session.read((database) => this.dialect.advice(database));
  }

  async countWithoutTemplate(modelId: string): Promise<number> {
    const { templates, users } = this.dialect.tables;
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

  async blobs({ first, after }: { first: number; after: string }): Promise<CheckedBlob[]> {
    const { blobs, images } = this.dialect.tables;
    const rows = await this.session.read((database) =>
      database
        .select(blobColumns(this.dialect.tables))
        .from(blobs)
        .leftJoin(images, eq(images.key, blobs.key))
        .where(gt(blobs.key, after))
        .orderBy(asc(blobs.key))
        .limit(first),
    );
    return rows.map(({ imageKey, ...blob }) => ({ ...blob, referenced: imageKey !== null }));
  }

  async blob(key: string): Promise<CheckedBlob | null> {
    const { blobs, images } = this.dialect.tables;
    const [row] = await this.session.read((database) =>
      database
        .select(blobColumns(this.dialect.tables))
        .from(blobs)
        .leftJoin(images, eq(images.key, blobs.key))
        .where(eq(blobs.key, key)),
    );
    if (!row) return null;
    const { imageKey, ...blob } = row;
    return { ...blob, referenced: imageKey !== null };
  }

  async knows(key: string): Promise<boolean> {
    const { images } = this.dialect.tables;
    if (await this.blob(key)) return true;
    const rows = await this.session.read((database) =>
      database.select({ key: images.key }).from(images).where(eq(images.key, key)),
    );
    return rows.length > 0;
  }

  async changeState(key: string, from: BlobState, to: BlobState): Promise<boolean> {
    const { blobs } = this.dialect.tables;
    const changed = await this.session.write((database) =>
      this.dialect.changedRows(
        database
          .update(blobs)
          .set({ state: to })
          .where(and(eq(blobs.key, key), eq(blobs.state, from))),
      ),
    );
    return changed === 1;
  }

  async strays(): Promise<StrayRows> {
    const { images, templates, userKeys, users } = this.dialect.tables;
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
    const { blobs, images, templates, userKeys, users } = this.dialect.tables;
    await this.session.write(async (database) => {
      const noUser = (userId: typeof templates.userId | typeof images.userId | typeof userKeys.userId) =>
        notExists(database.select({ id: users.id }).from(users).where(eq(users.id, userId)));
      const strayTemplates = await this.dialect.locked(
        database
          .select({ templateId: templates.id })
          .from(templates)
          .where(and(inArray(templates.id, [...strays.templateIds]), noUser(templates.userId))),
      );
      const strayImages = await this.dialect.locked(
        database
          .select({ key: images.key })
          .from(images)
          .where(and(inArray(images.key, [...strays.imageKeys]), noUser(images.userId))),
      );
      const strayKeys = await this.dialect.locked(
        database
          .select({ userId: userKeys.userId })
          .from(userKeys)
          .where(and(inArray(userKeys.userId, [...strays.keyOwners]), noUser(userKeys.userId))),
      );
      const keyOwners = strayKeys.map(({ userId }) => userId);
      const templateIds = strayTemplates.map(({ templateId }) => templateId);
      const imageKeys = strayImages.map(({ key }) => key);
      await database.delete(templates).where(inArray(templates.id, templateIds));
      await database.delete(images).where(inArray(images.key, imageKeys));
      await database.delete(userKeys).where(inArray(userKeys.userId, keyOwners));
      await database.update(blobs).set({ state: 'deleting' }).where(inArray(blobs.key, imageKeys));
      await recordChanges(
        this.dialect,
        database,
        templateIds.map((templateId) => ({ op: 'remove' as const, templateId })),
      );
    });
    await this.session.scrub();
  }
}
